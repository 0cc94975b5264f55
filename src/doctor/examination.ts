import type { ProbeStatus } from "../facts/probed.ts";
import type { Cloud } from "./ask/cloud.ts";

/** What was seen of a relay and its homes, from every side that could be reached. */
export interface Examinations {
  /** A text instead: why the relay could not be looked at. */
  relay: RelayView | string;
  /** By the home's name. A text instead: why it could not be looked at. A manual home is not in it. */
  homes: Readonly<Record<string, HomeView | string>>;
  /** By the home's name: what pings through its tunnel did. Absent where the relay could not be asked to send any. */
  crossings: Readonly<Record<string, Crossing>>;
  /** What the operator's own connections to the public address did; absent where none were tried. */
  inbound?: Inbound;
  /** What the cloud's API says; absent without a token, and for an own server. */
  cloud?: Cloud;
}

/** What any end says of itself. */
export interface EndView {
  /** Seconds by which its clock is ahead of the operator's. */
  skew: number;
  /** `uname -r` */
  kernel: string;
  /** Kernel modules of its tunnels that are neither loaded nor on the disk. */
  missingModules: readonly string[];
  devices: readonly Device[];
  rules: readonly RoutingRule[];
  routes: readonly Route[];
  /** The same of IPv6. */
  rules6: readonly RoutingRule[];
  routes6: readonly Route[];
  /** By device, and `all`; the greater of the two counts (Linux, ip-sysctl). */
  rpFilter: Readonly<Record<string, number>>;
  /** net.ipv4.ip_forward */
  forwards: boolean;
  /** net.ipv6.conf.all.forwarding */
  forwards6: boolean;
}

/** The relay. */
export interface RelayView extends EndView {
  /** Each tunnel device's remote as it is written down on the relay. */
  remotes: Readonly<Record<string, string>>;
  /** `COMMAND TABLE CHAIN` of each hook that leads into a chain of ours. */
  hooks: readonly string[];
  /** Whether nftables has our table, and its chain that translates the public address. */
  translates: boolean;
  /** Units that should take the ports of homes without an end, and do not run. */
  stopped: readonly string[];
  /** TCP MSS that is set on what leaves by a device (`out`) and comes in by it (`in`); bytes. */
  mss: Readonly<Record<string, { in?: number; out?: number }>>;
  /** Home endpoints that the firewall lets in. */
  admitted: readonly string[];
  /** Tunnel devices whose homes' keys are let in, to say where they are now. */
  heard: readonly string[];
  /** Rules of others that translate destinations, as they are listed. */
  foreignNat: readonly string[];
  /** What the relay's probe last heard of homes without an end, whose clients a process here takes. */
  endless: ProbeStatus["endless"];
  /** Connections now, and how many there may be. */
  conntrack: { count: number; max: number };
}

/** A home's end. */
export interface HomeView extends EndView {
  /** The endpoint that is written down at the home. */
  endpoint?: string;
  /** IPv6 prefixes of the LAN in CIDR notation, those in use and those that were withdrawn. */
  prefixes: readonly { prefix: string; isDeprecated: boolean }[];
  /** The device by which an answer that bears the tunnel's mark leaves; absent where the kernel finds no way. */
  reply?: string;
  /** Whether what comes by the tunnel is marked, so that it is answered by it. */
  marksReplies: boolean;
  /** Debian: `COMMAND TABLE CHAIN` of each hook that leads into a chain of ours. */
  hooks?: readonly string[];
  /** Debian: whether the unit that keeps the router in front open runs. */
  keepalive?: boolean;
  /** OpenWrt: whether the rule that lets the tunnel's packets in stands in UCI, and in the loaded ruleset. */
  firewall?: { inUci: boolean; isLoaded: boolean };
  /** UCI packages with changes that nobody has saved. */
  staged: readonly string[];
}

/** A network device as `ip -d -j address` shows it. */
export interface Device {
  name: string;
  isUp: boolean;
  /** Bytes. */
  mtu: number;
  /** Without their lengths. */
  addresses: readonly string[];
  tunnel?: { kind: string; local: string; remote: string; encapLimit: number | "none" };
}

/** A line of `ip rule`. */
export interface RoutingRule {
  priority: number;
  table: string;
  /** `0x1000000/0xff000000` */
  fwmark?: string;
  src?: string;
  /** CIDR notation. */
  dst?: string;
  suppressPrefixlength?: number;
}

/** A line of `ip route show table all`. */
export interface Route {
  dst: string;
  /** `main` where none is named. */
  table: string;
  dev?: string;
  /** `unicast` where none is named. */
  type: string;
}

/** What pings of the relay through one tunnel did. Every count is of packets during these pings. */
export interface Crossing {
  /** Whether the home's endpoint answers a ping over bare IPv6. */
  endpointAnswers: boolean;
  /** Small ones through the tunnel, as things stood. */
  warm: Leg;
  /** Small ones after the home's end was made to forget the tunnel's connection. Absent where it could not be. */
  cold?: Leg;
  /** Bytes of the largest inner packet that crossed unfragmented. Absent when not even a small one did. */
  largest?: number;
}

/** Some pings, counted at each place that they pass, in the order of the way there and back. */
export interface Leg {
  sent: number;
  relayTunnelOut: number;
  relayOuterOut: number;
  /** Absent, as everything of the home, where it could not be looked at. */
  homeOuterIn?: number;
  homeTunnelIn?: number;
  homeTunnelOut?: number;
  homeOuterOut?: number;
  relayOuterIn: number;
  relayTunnelIn: number;
  answered: number;
}

/** The operator's own TCP connections to the public address. */
export interface Inbound {
  /** Packets of the operator's tries that the relay counted at its public address; any caller's, if others call as well. */
  arrived: number;
  tries: readonly Try[];
}

/** One connection to a declared TCP service. */
export interface Try {
  home: string;
  port: number;
  /** `refused` is an answer, too: it came from somewhere. */
  result: "connected" | "refused" | "silent" | "no-ipv4";
  /** Where the relay led it; absent when it saw none. */
  ledTo?: string;
}
