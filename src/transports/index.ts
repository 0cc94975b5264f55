import { gre6 } from "./gre6/gre6.ts";
import { ipip6 } from "./ipip6/ipip6.ts";
import type { Transport } from "./transport.ts";
import { wireguard } from "./wireguard/wireguard.ts";

export type { EndSystem, LinkEnd, Outer, Transport } from "./transport.ts";

/** Every transport by its name in the config, the fastest first. */
export const transports = { ipip6, gre6, wireguard } satisfies Record<string, Transport>;

/** The name of a transport. */
export type TransportKind = keyof typeof transports;

/** The names of all transports, as the config takes them. */
export const transportKinds = Object.keys(transports) as [TransportKind, ...TransportKind[]];
