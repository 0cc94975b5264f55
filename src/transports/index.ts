import { gre6 } from "./gre6/gre6.ts";
import { ipip6 } from "./ipip6/ipip6.ts";
import { proxy } from "./proxy/proxy.ts";
import { socat } from "./socat/socat.ts";
import type { ProcessTransport, Transport, TunnelTransport } from "./transport.ts";
import { wireguard } from "./wireguard/wireguard.ts";

export type {
  Carried,
  EndSystem,
  LinkEnd,
  Outer,
  ProcessTransport,
  Relayed,
  Transport,
  TunnelTransport,
} from "./transport.ts";

/** Every transport that is a tunnel, by its name in the config, the fastest first. */
export const tunnelTransports = { ipip6, gre6, wireguard } satisfies Record<string, TunnelTransport>;

/** Every transport that is a process on the relay. */
export const processTransports = { proxy, socat } satisfies Record<string, ProcessTransport>;

/** Every transport by its name in the config. */
export const transports = { ...tunnelTransports, ...processTransports } satisfies Record<string, Transport>;

/** The name of a transport that is a tunnel. */
export type TunnelKind = keyof typeof tunnelTransports;
/** The name of a transport that is a process on the relay. */
export type ProcessKind = keyof typeof processTransports;
/** The name of a transport. */
export type TransportKind = keyof typeof transports;

/** Their names, as the config takes them. */
export const tunnelKinds = Object.keys(tunnelTransports) as [TunnelKind, ...TunnelKind[]];
export const processKinds = Object.keys(processTransports) as [ProcessKind, ...ProcessKind[]];
export const transportKinds = [...tunnelKinds, ...processKinds] as const;

/** Whether a transport, as the config names it, is a process on the relay. */
export function isProcess(kind: string | undefined): kind is ProcessKind {
  return processKinds.some((each) => each === kind);
}
