import {
  carriesIpv6,
  type DebianPlan,
  ipv6KeptOpen,
  type Limit,
  type Tunnel,
  type TunnelIpv6,
} from "../plan/index.ts";

/** A set of the kernel's (ipset) of IPv6 addresses. */
export interface Ipv6Set {
  /** After `relay4in6-`. */
  name: string;
  type: "hash:ip" | "hash:ip,port" | "hash:net";
  elements: readonly string[];
}

/** Sources that nobody on the internet has: private, link-local, multicast and this machine's own (RFC 6890). */
const nobody = ["fc00::/7", "fe80::/10", "ff00::/8", "::/127"];

/** What is reachable at the servers' IPv6 addresses, as sets. */
function admittedSets(all: readonly TunnelIpv6[]): Ipv6Set[] {
  const servers = all.flatMap(({ servers }) => servers);
  const ports = servers.flatMap(({ address, admitted }) =>
    admitted.flatMap(({ protocol, ports = [] }) => ports.map((port) => `${address},${protocol}:${port}`)),
  );
  const whole = servers.filter(({ admitted }) => admitted.some((each) => each.ports === undefined));
  return [
    { name: "services6", type: "hash:ip,port", elements: ports },
    { name: "whole6", type: "hash:ip", elements: whole.map(({ address }) => address) },
  ];
}

/** A server's ports, in nft's terms. */
interface Ports6 {
  address: string;
  protocol: "tcp" | "udp";
  ports: string;
}

/** How many new connections the servers take, and by which limits. */
interface Rates6 {
  limits: readonly Limit[];
  limited?: readonly (Ports6 & { limit: string })[];
  claimed?: readonly Ports6[];
  everythingElse: readonly { address: string; limit: string }[];
}

/** Nothing where no service has a rate. */
function ratesOf(all: readonly TunnelIpv6[], limits: readonly Limit[]): Partial<Rates6> {
  const servers = all.flatMap(({ servers }) => servers);
  const limited = servers.flatMap(({ address, limits }) =>
    limits.ports.map((each) => ({ address, ...each })),
  );
  const claimed = servers.flatMap(({ address, limits }) =>
    (limits.claimed ?? []).map((each) => ({ address, ...each })),
  );
  const everythingElse = servers.flatMap(({ address, limits: { everythingElse: limit } }) =>
    limit === undefined ? [] : [{ address, limit }],
  );
  const named = new Set([...limited, ...everythingElse].map(({ limit }) => limit));
  if (named.size === 0) return {};
  return {
    limits: limits.filter(({ name }) => named.has(name)),
    everythingElse,
    ...(limited.length === 0 ? {} : { limited }),
    ...(claimed.length === 0 ? {} : { claimed }),
  };
}

/** What the relay's templates say of IPv6; nothing where no home asks for it. */
export function relayIpv6(tunnels: readonly Tunnel[], prefix: string, limits: readonly Limit[]) {
  const with6 = tunnels.filter(carriesIpv6);
  if (with6.length === 0) return {};
  // A home's two paths lead to the same servers.
  const all = [...new Map(with6.map(({ home, ipv6 }) => [home, ipv6])).values()];
  const egress = all.flatMap(({ servers }) => servers.filter(({ egress }) => egress));
  const sets: Ipv6Set[] = [
    ...admittedSets(all),
    { name: "egress6", type: "hash:ip", elements: egress.map(({ address }) => address) },
    { name: "private6", type: "hash:net", elements: [...nobody, prefix] },
  ];
  return { ipv6: { tunnels: with6, sets, ...ratesOf(all, limits) } };
}

/** The same of a home that ends its tunnels itself. */
export function homeIpv6(home: DebianPlan) {
  const { ipv6 } = home.tunnel;
  if (ipv6 === undefined) return {};
  const kept = ipv6KeptOpen(home);
  const own = ipv6.servers.map(({ address }) => address);
  const sets: Ipv6Set[] = [
    ...admittedSets([ipv6]),
    // The server itself, too: what comes from outside does not come from here.
    { name: "martians6", type: "hash:net", elements: [...nobody, ...own] },
  ];
  return { ipv6: { servers: ipv6.servers, sets, ...(kept === undefined ? {} : { keptOpen: kept }) } };
}
