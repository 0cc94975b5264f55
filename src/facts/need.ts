import { atEndpoint } from "../config/homes.ts";
import type { TunnelHomeSpec } from "../config/spec.ts";
import { type TunnelTransport, tunnelTransports } from "../transports/index.ts";

/** What a home's transport needs of its line: a prefix to derive an endpoint from, or a way to dial out. */
export type Need = { readonly prefix: string } | { readonly dials: "ipv6" | "ipv4" };

/** What to do where a home's line has less IPv6 than its transport needs. */
export const withoutPrefix =
  "or take a transport that needs no prefix: `transport: wireguard`, with `wireguard: {over: ipv4}` where the line has no IPv6 at all";

/** What to ask a home for. */
export function needOf(home: TunnelHomeSpec): Need {
  const found = atEndpoint(home);
  if (found !== undefined) return { prefix: found.prefix };
  const { outer }: TunnelTransport = tunnelTransports[home.transport];
  // Its place in the config decides about the port alone.
  const carrier = outer(home, 0);
  return { dials: carrier.protocol === "udp" ? carrier.over : "ipv6" };
}
