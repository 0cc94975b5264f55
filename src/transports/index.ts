import { gre6 } from "./gre6/gre6.ts";
import { ipip6 } from "./ipip6/ipip6.ts";
import { proxy } from "./proxy/proxy.ts";
import { socat } from "./socat/socat.ts";
import type { KnownBy, ProcessTransport, Transport, TunnelTransport } from "./transport.ts";
import { wireguard } from "./wireguard/wireguard.ts";

export type {
  Carried,
  EndSystem,
  KnownBy,
  LinkEnd,
  Outer,
  ProcessTransport,
  Relayed,
  Transport,
  TransportHome,
  TunnelTransport,
} from "./transport.ts";
export { hostOf } from "./transport.ts";

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

/** The names of those tunnels by which the relay knows a home in one of the two ways. */
export type TunnelKnownBy<By extends KnownBy> = {
  [Kind in TunnelKind]: (typeof tunnelTransports)[Kind]["knownBy"] extends By ? Kind : never;
}[TunnelKind];

/** Whether the relay knows a home with this tunnel in this way. */
export function isKnownBy<By extends KnownBy>(by: By, kind: TunnelKind): kind is TunnelKnownBy<By> {
  return tunnelTransports[kind].knownBy === by;
}

/** Their names, as the config takes them. */
export const tunnelKinds = Object.keys(tunnelTransports) as [TunnelKind, ...TunnelKind[]];
export const processKinds = Object.keys(processTransports) as [ProcessKind, ...ProcessKind[]];
export const transportKinds = [...tunnelKinds, ...processKinds] as const;

/** Whether a transport, as the config names it, is a process on the relay. */
export function isProcess(kind: unknown): kind is ProcessKind {
  return processKinds.some((each) => each === kind);
}
