import type { Tunnel } from "../plan/index.ts";
import type { Outer } from "../transports/index.ts";

/** How the tunnels' outer packets are told at the relay, in the words of each filter. */
export interface OuterMatches {
  /** Rules of ip6tables that let them in, in their order. */
  input6: readonly string[];
  /** The same of iptables. */
  input4: readonly string[];
  /** UDP ports of the public IPv4 address that are no service's. */
  ports4: readonly number[];
  /** Matches of nft for those over IPv6, which are not tracked. */
  arriving: readonly string[];
  leaving: readonly string[];
}

/**
 * @param endpoint the relay's
 * @param exclusive whether the machine is the relay's alone: then any packet of such a protocol is ours, one
 * comparison less for each
 */
export function outerMatches(tunnels: readonly Tunnel[], endpoint: string, exclusive: boolean): OuterMatches {
  const outers = tunnels.map(({ outer }) => outer);
  // By either address, whichever the home dials: nobody without a key gets an answer, and a change needs no other relay.
  const ports4 = distinct(outers.flatMap((outer) => (outer.protocol === "udp" ? [outer.port] : [])));
  const ours = (side: "saddr" | "daddr") => (exclusive ? "" : `ip6 ${side} ${endpoint} `);
  return {
    input6: distinct(outers.flatMap((outer) => input6(outer, endpoint))),
    input4: ports4.map((port) => `-p udp --dport ${port} -j ACCEPT`),
    ports4,
    arriving: distinct(outers.flatMap((outer) => nftMatches(outer, "dport"))).map(
      (match) => `${ours("daddr")}${match}`,
    ),
    leaving: distinct(outers.flatMap((outer) => nftMatches(outer, "sport"))).map(
      (match) => `${ours("saddr")}${match}`,
    ),
  };
}

/** Packets that anybody could have sent are let in from the homes' endpoints only. */
function input6(outer: Outer, endpoint: string): string[] {
  if (outer.protocol === "udp") return [`-p udp --dport ${outer.port} -d ${endpoint} -j ACCEPT`];
  return nextHeaders(outer).flatMap((header) => {
    const match = `-p ${header} -d ${endpoint}`;
    return [`${match} -m set --match-set relay4in6-homes src -j ACCEPT`, `${match} -j DROP`];
  });
}

function nftMatches(outer: Outer, port: "dport" | "sport"): string[] {
  return outer.protocol === "udp"
    ? [`udp ${port} ${outer.port}`]
    : nextHeaders(outer).map((header) => `ip6 nexthdr ${header}`);
}

/** The next headers by which a home's tunnels arrive; what the home has asked for itself is let in anyway. */
export function outerHeaders(tunnels: readonly Pick<Tunnel, "outer">[]): string[] {
  return tunnels.flatMap(({ outer }) => (outer.protocol === "udp" ? [] : nextHeaders(outer)));
}

/** What stands between the outer and the inner header. */
function nextHeaders({ protocol, ofIpv6 }: Exclude<Outer, { protocol: "udp" }>): string[] {
  return [protocol, ...(ofIpv6 === undefined ? [] : [ofIpv6])];
}

function distinct<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}
