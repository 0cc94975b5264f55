/**
 * Prints each device's MTU of IPv6 in bytes: what a router announced, where that is less than the device's own
 * (RFC 4861, 4.6.4; on OpenWrt odhcp6c writes it there).
 */
export const mtu6Command = "for d in /proc/sys/net/ipv6/conf/*; do echo ${d##*/} $(cat $d/mtu); done";

/** Bytes by device, of lines such as `eth0 1492`. */
export function mtusOf(text = ""): ReadonlyMap<string, number> {
  return new Map([...text.matchAll(/^(\S+) (\d+)$/gm)].map(([, device = "", mtu]) => [device, Number(mtu)]));
}
