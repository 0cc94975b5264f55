/**
 * A cloud's firewall in front of a server: nft rules on the router that leads to it. As at Hetzner it has words for
 * five protocols, follows their connections, and drops the rest, IPv4 in IPv6 among it.
 */
import type { FirewallRule } from "../cloud/index.ts";
import type { MachineOrder } from "../cloud/machines.ts";

/** The nft table of a server. */
export function filterTable(id: number): string {
  return `srv${id}`;
}

/** What nft loads where the server's packets pass; between router and server nothing is filtered. */
export function filterText(
  { id, publicIpv4, ipv6Prefix }: MachineOrder,
  rules: readonly FirewallRule[],
): string {
  const table = `table inet ${filterTable(id)}`;
  const towards = [
    ...(publicIpv4 === undefined ? [] : [`ip daddr ${publicIpv4}`]),
    ...(ipv6Prefix === undefined ? [] : [`ip6 daddr ${ipv6Prefix}`]),
  ];
  return `${table}
delete ${table}
${table} {
	chain forward {
		type filter hook forward priority filter
${towards.map((match) => `\t\t${match} jump in`).join("\n")}
	}
	chain in {
		meta l4proto { tcp, udp, icmp, ipv6-icmp, esp, gre } ct state established,related accept
${rules.flatMap(allowed).join("\n")}
		drop
	}
}
`;
}

function allowed({ direction, protocol, port, source_ips }: FirewallRule): string[] {
  if (direction === "out") return [];
  return source_ips.map((source) => {
    const family = source.includes(":") ? "ip6" : "ip";
    const known = protocol === "icmp" && family === "ip6" ? "ipv6-icmp" : protocol;
    const match = port === null || port === "any" ? `meta l4proto ${known}` : `${known} dport ${port}`;
    return `\t\t${family} saddr ${source} ${match} accept`;
  });
}
