import { isKnownBy, type TunnelKind } from "../transports/index.ts";
import type { Crossed, Follow, Ipv6Prefix, WireguardSpec } from "./spec.ts";

/** What a tunnel to a home's endpoint needs to know of it. */
export interface Endpoint {
  prefix: "auto" | Ipv6Prefix;
  follow: Follow;
}

/**
 * How a home is crossed to by a tunnel of this kind.
 *
 * @param endpoint asked for where the tunnel ends at the home's endpoint
 * @param wireguard what is said of WireGuard, if that is the kind
 */
export function crossedBy(kind: TunnelKind, endpoint: () => Endpoint, wireguard?: WireguardSpec): Crossed {
  if (isKnownBy("endpoint", kind)) return { knownBy: "endpoint", transport: kind, ...endpoint() };
  if (!isKnownBy("key", kind)) throw new Error(`${kind} is known in no way`);
  return { knownBy: "key", transport: kind, ...(wireguard === undefined ? {} : { wireguard }) };
}
