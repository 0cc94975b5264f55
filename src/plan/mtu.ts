/** Bytes of an IPv4 and a TCP header without options: what a TCP MSS leaves out of an MTU. */
const ipv4AndTcpHeaders = 40;

/**
 * MTU of a tunnel in bytes: the narrower of the two lines, less what the transport adds (RFC 2473, 7.1).
 *
 * @param lineMtus MTU of each end's line in bytes
 * @param overhead bytes that the transport adds to each packet
 * @example tunnelMtu([1500, 1492], 40) // 1452
 */
export function tunnelMtu(lineMtus: readonly number[], overhead: number): number {
  return Math.min(...lineMtus) - overhead;
}

/** The greatest TCP segment, in bytes, that crosses a tunnel of this MTU in one packet. */
export function tcpMss(mtu: number): number {
  return mtu - ipv4AndTcpHeaders;
}
