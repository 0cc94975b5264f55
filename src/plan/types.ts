import type { Follow } from "../config/spec.ts";
import type { Outer, ProcessKind, Relayed, TunnelKnownBy } from "../transports/index.ts";

/** Every address, device, MTU, mark, table and rule of a relay and its homes, decided once. */
export interface Plan {
  relay: RelayPlan;
  /** Those that a tunnel leads to: at the others there is nothing to be done. */
  homes: readonly HomePlan[];
}

/** What the relay end is told. */
export interface RelayPlan {
  publicIpv4: string;
  /** Where every tunnel of this relay ends. */
  endpoint: string;
  /** The port that SSH keeps on the public address, or on IPv6 only. */
  management: { port: number; over: "ipv4" | "ipv6" };
  /** Whether the machine is the relay's alone: then what is not declared is refused, everything else is left. */
  exclusive: boolean;
  /** Of a home with two paths, two. */
  tunnels: readonly Tunnel[];
  /** Absent: the machine is the user's, who updates it. */
  upkeep?: { rebootAt: string };
  /** Networks that no home may reach through the relay, CIDR notation. */
  privateNetworks: readonly string[];
  /** Services that take so many new connections and no more. */
  limits: readonly Limit[];
  tcp: PortMaps;
  udp: PortMaps;
  /** Processes that take the ports of homes without an end, one for each such transport in use. */
  processes: readonly ProcessPlan[];
  /** The server of all that no port claims. */
  wholeAddress?: { to: string; mark: string; device: string; limit?: string };
}

/** The services of a transport that is a process on the relay, of all its homes and by their ports. */
export interface ProcessPlan {
  transport: ProcessKind;
  services: readonly Relayed[];
}

/** One tunnel, seen from neither side: both ends are read from it, so they cannot disagree. */
export type Tunnel = TunnelToEndpoint | TunnelToKey;

/** The relay sends to the home's endpoint, and lets in what comes from there. */
export interface TunnelToEndpoint extends AnyTunnel {
  knownBy: "endpoint";
  transport: TunnelKnownBy<"endpoint">;
  /** As far as the plan knows it: the home may have another prefix since. */
  homeEndpoint: string;
  /** By what the relay writes the home's endpoint down and is told of it, whatever tunnel leads there: `wrap1`. */
  endpointName: string;
  /** How the relay learns where the home end is now. */
  follow: Follow;
}

/** The relay answers whoever has the home's key, wherever that is. */
export interface TunnelToKey extends AnyTunnel {
  knownBy: "key";
  transport: TunnelKnownBy<"key">;
}

interface AnyTunnel {
  home: string;
  /** `wrap`, the home's number, and what tells this kind of tunnel from the others: wrap1, wrap1gre, wrap1wg. */
  device: string;
  /** Bytes that the transport adds to each packet on the line. */
  overhead: number;
  /** Seconds between the packets with which the home keeps its way to the relay open. */
  keepalive: number;
  /** How its outer packets are told in filters. */
  outer: Outer;
  relayEndpoint: string;
  /** Addresses inside the tunnel (a /31, RFC 3021), so that probes and ICMP errors have a right source. */
  inner: { relay: string; home: string };
  /** Bytes. */
  mtu: number;
  /** Bytes; of a home with two paths, what passes through both. */
  mss: number;
  /** Routing table that leads to this home. */
  table: number;
  /** Metric of this tunnel's default route in it. */
  metric: number;
  /** Metric of a second one, which is there while the other end answers: only where a home has two paths. */
  answeringMetric?: number;
  /** Number of the home, from 1, and conntrack zone of what comes from it. */
  zone: number;
  /** Packet and connection mark of what goes to this home, and of what is answered to it. */
  marks: { into: Mark; outOf: Mark };
  /** Priorities of the ip rules for the two marks. */
  priorities: { into: number; outOf: number };
  /** Servers that a service leads to. */
  servers: readonly string[];
  /** Those of them that may start connections through the relay. */
  egressServers: readonly string[];
  /** Absent: IPv4 only. */
  ipv6?: TunnelIpv6;
}

/** A mark in netfilter's and iproute2's notation. */
export interface Mark {
  /** Value and mask, as `ip rule fwmark` and `-m mark` take it: `0x1000000/0xff000000`. */
  match: string;
  /** The bare value: `0x1000000`. */
  value: string;
}

/** One protocol's ports of the public address. */
export interface PortMaps {
  /** Port or range → mark of the home. */
  marks: readonly PortEntry[];
  /** Port or range → server, the port kept. */
  servers: readonly PortEntry[];
  /** Port → server and another port. */
  translated: readonly PortEntry[];
  /** Port or range → name of its limit. */
  limits: readonly PortEntry[];
}

/** How many new connections a service takes. */
export interface Limit {
  /** `tcp_443`, `tcp_udp_50000`, `udp_53_clients`, `whole` */
  name: string;
  /** Connections a second. */
  rate: number;
  /** Connections that may come at once. */
  burst: number;
}

/** A line of an nftables map. */
export interface PortEntry {
  /** `443` or `50000-50100`. */
  ports: string;
  value: string;
}

/** What ends must know to follow a home's prefix. */
export interface FollowPlan {
  /** The last four hextets of every endpoint of this relay: the octets of its IPv4 address, digit for digit. */
  suffix: string;
  /** How a home end says where it is now; absent where the relay finds it out by itself, or its key is not known. */
  tell?: { user: string; host: string; port: number; hostKey: string };
}

/** What a home end is told. */
export type HomePlan = OpenwrtPlan | DebianPlan | ManualPlan;

interface HomePlanBase {
  name: string;
  tunnel: Tunnel;
  /** The second path, where there is one: the same table, marks and servers. */
  spare?: Tunnel;
  /** What the home's firewall lets in from the tunnel. */
  admitted: readonly Admission[];
  /** Sources that nothing out of the tunnel may have, CIDR notation, none inside another. */
  martians: readonly string[];
  /** The routing rules' priorities at home: all below 10000, where OpenWrt's own begin. */
  priorities: { lan: number; replies: number; egress: number };
  /** Absent where the prefix stays as it is written. */
  follow?: FollowPlan;
}

export interface OpenwrtPlan extends HomePlanBase {
  end: "openwrt";
  /** `interface` is UCI's name of it, by which netifd knows the assigned prefix. */
  lan: { device: string; zone: string; interface: string };
  /** UCI interfaces whose events re-assert the tunnel. */
  interfaces: readonly string[];
}

export interface DebianPlan extends HomePlanBase {
  end: "debian";
}

export interface ManualPlan extends HomePlanBase {
  end: "manual";
}

/** A server and what of it is reachable through the tunnel. */
export interface Admission {
  to: string;
  /** Absent: every protocol. */
  protocol?: "tcp" | "udp";
  /** `443` or `50000-50100`, as the server sees them. */
  ports?: readonly string[];
}

/** A server's own IPv6 address out of the relay's network, and what of it is reachable. */
export interface Ipv6Server {
  /** Its IPv4 address, which the services name. */
  server: string;
  address: string;
  /** Whether it may start connections from this address. */
  egress: boolean;
  /** As at home: nothing is translated, so these are the server's own ports. Without ports: everything. */
  admitted: readonly Omit<Admission, "to">[];
  limits: Ipv6Limits;
}

/** How many new connections a server takes over IPv6, by names of limits. */
export interface Ipv6Limits {
  /** No port stands in two of them. */
  ports: readonly { protocol: "tcp" | "udp"; ports: string; limit: string }[];
  /** Of what no service's port claims, and these ports; absent where nothing limits that. */
  everythingElse?: string;
  claimed?: readonly { protocol: "tcp" | "udp"; ports: string }[];
}

/** What IPv6 needs of a tunnel. */
export interface TunnelIpv6 {
  /** Bytes: a header of 40 and one of 20 less than the tunnel's MTU (RFC 8200, 8.3); of two paths, what passes through both. */
  mss: number;
  /** All that its servers can have, CIDR notation, /96. */
  network: string;
  servers: readonly Ipv6Server[];
}
