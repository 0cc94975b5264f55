/** Bytes of an IPv6 header (RFC 8200, 3): what ipip6 without an encapsulation limit adds to each packet. */
const ipv6Header = 40;

/** Bytes of an IPv4 and a TCP header without options: what a TCP MSS leaves out of an MTU. */
const ipv4AndTcpHeaders = 40;

/**
 * MTU of a tunnel in bytes: the narrower of the two lines, less the outer header (RFC 2473, 7.1).
 *
 * @param lineMtus MTU of each end's line in bytes
 * @example tunnelMtu([1500, 1492]) // 1452
 */
export function tunnelMtu(lineMtus: readonly number[]): number {
  return Math.min(...lineMtus) - ipv6Header;
}

/** The greatest TCP segment, in bytes, that crosses a tunnel of this MTU in one packet. */
export function tcpMss(mtu: number): number {
  return mtu - ipv4AndTcpHeaders;
}
