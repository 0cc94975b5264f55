import { createHash } from "node:crypto";
import { Address4, Address6 } from "ip-address";
import type { Service } from "../config/spec.ts";
import { ipv6Limits } from "./ipv6Limits.ts";
import type { Admission, TunnelIpv6 } from "./types.ts";

/** An IPv6 header (RFC 8200, 3) and a TCP header (RFC 9293, 3.1). */
const headers = 40 + 20;

/**
 * The 32 bits that stand for a home in the addresses of its servers: of its name, not of its place in the config, so
 * that an address stays when homes come and go. The first bit is set: an endpoint's is not, for its digits are those of
 * an octet, and neither is that of the address that the relay itself has (`::1`).
 */
export function homeBits(name: string): number {
  return (createHash("sha256").update(name).digest().readUInt32BE(0) | 0x8000_0000) >>> 0;
}

/**
 * The IPv6 address of a home's server: the relay's /64, the home's 32 bits, the server's IPv4 address.
 *
 * @param prefix the relay's prefix in CIDR notation, /64
 * @param home the home's name
 * @param server dotted decimal
 * @example serverIpv6("2001:db8:1:1::/64", "haus", "192.168.1.210") // 2001:db8:1:1:XXXX:XXXX:c0a8:1d2
 */
export function serverIpv6(prefix: string, home: string, server: string): string {
  const high = new Address6(prefix).startAddress().parsedAddress.slice(0, 4);
  const bits = homeBits(home);
  const octets = new Address4(server).toArray();
  const low = [octets.slice(0, 2), octets.slice(2)].map(([a = 0, b = 0]) => a * 256 + b);
  const hextets = [bits >>> 16, bits & 0xffff, ...low].map((hextet) => hextet.toString(16));
  return new Address6([...high, ...hextets].join(":")).correctForm();
}

/**
 * All that a home's servers can have: one route leads there.
 *
 * @param prefix the relay's prefix in CIDR notation, /64
 * @returns a /96 in CIDR notation
 */
function homeNetwork(prefix: string, home: string): string {
  return `${serverIpv6(prefix, home, "0.0.0.0")}/96`;
}

/**
 * The servers of a home that get an IPv6 address each.
 *
 * @param admitted what the home lets in from the tunnel
 * @param mtu the tunnel's, bytes
 * @param services all, of which those of this home may have a rate
 */
export function planIpv6(
  home: string,
  prefix: string,
  mtu: number,
  admitted: readonly Admission[],
  egressServers: readonly string[],
  services: readonly Service[],
): TunnelIpv6 {
  const servers = [...Map.groupBy(admitted, ({ to }) => to)].map(([server, own]) => ({
    server,
    address: serverIpv6(prefix, home, server),
    egress: egressServers.includes(server),
    admitted: own.map(({ to: _, ...rest }) => rest),
    limits: ipv6Limits(server, home, services),
  }));
  return { mss: mtu - headers, network: homeNetwork(prefix, home), servers };
}
