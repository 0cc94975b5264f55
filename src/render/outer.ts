import type { Outer } from "../transports/index.ts";

/** Outer packets on their way to the end whose filter it is, in the words of ip6tables. */
export function ip6tablesMatch(outer: Outer, from: "homes" | "relay"): string {
  if (outer.protocol !== "udp") return `-p ${outer.protocol}`;
  return from === "homes" ? `-p udp --dport ${outer.port}` : `-p udp --sport ${outer.port}`;
}

/** Outer packets at the relay, in the words of nft. */
export function nftMatch(outer: Outer, direction: "in" | "out"): string {
  if (outer.protocol !== "udp") return `ip6 nexthdr ${outer.protocol}`;
  return `udp ${direction === "in" ? "dport" : "sport"} ${outer.port}`;
}

/** Outer packets from the relay as options of an fw4 rule: `proto 'ipip'` would be protocol 94. */
export function fw4Options(outer: Outer): { protocol: string; port?: string } {
  if (outer.protocol !== "udp") return { protocol: outer.protocol };
  return { protocol: "udp", port: `${outer.port}` };
}

/** Each outer protocol once, in the tunnels' order. */
export function distinctOuters(tunnels: readonly { readonly outer: Outer }[]): Outer[] {
  return [...new Map(tunnels.map(({ outer }) => [ip6tablesMatch(outer, "homes"), outer])).values()];
}
