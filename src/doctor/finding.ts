/** One thing that is wrong, for people and programs. */
export interface Finding {
  /** What it is, for programs and for the page docs/trouble.md. */
  id: FindingId;
  /** The machine or the stretch of the way: `relay`, `haus`, `between relay and haus`. */
  where: string;
  /** What was seen. */
  what: string;
  /** What to do about it. */
  cure: string;
  severity: Severity;
  /** The home whose traffic it concerns; absent: every home's. */
  home?: string;
}

/** `down`: nothing crosses. `degraded`: something is lost or slow. `note`: all works, and yet worth knowing. */
export type Severity = "note" | "degraded" | "down";

/** Every trap that doctor knows; each is in docs/trouble.md. */
export const findingIds = [
  "relay-unreachable",
  "home-unreachable",
  "server-off",
  "server-gone",
  "server-type-gone",
  "cloud-firewall",
  "address-blocked",
  "clock-skew",
  "kernel-ip6tnl",
  "module-missing",
  "forwarding-off",
  "prefix-missing",
  "prefix-private",
  "prefix-moved",
  "endpoint-missing",
  "tunnel-missing",
  "tunnel-ends",
  "encaplimit",
  "tunnel-mtu",
  "mss",
  "rule-lost",
  "route-lost",
  "rp-filter",
  "packet-rules",
  "services-lost",
  "home-not-admitted",
  "foreign-nat",
  "conntrack-full",
  "process-stopped",
  "reply-elsewhere",
  "staged-changes",
  "keepalive-off",
  "home-unheard",
  "protocol-filtered",
  "no-way",
  "firewall-cold",
  "tunnel-silent",
  "path-left",
  "path-mtu",
  "service-silent",
] as const;

/** The name of a trap. */
export type FindingId = (typeof findingIds)[number];
