import type { PortEntry, RelayPlan, Tunnel, TunnelToEndpoint } from "../plan/index.ts";
import { endpointSuffix, isKnownByEndpoint, subnetOf } from "../plan/index.ts";
import type { Bundle, BundleFile } from "./bundle.ts";
import { failoverFiles, watchedPaths } from "./failover.ts";
import { relayIpv6 } from "./ipv6.ts";
import { linkNeeds, linkScript } from "./link.ts";
import { outerMatches } from "./outer.ts";
import { localPorts, probed, processFiles, processNeeds, processPorts } from "./processes.ts";
import { fill } from "./template.ts";

/** The relay end's files. A port stands in services.nft, over IPv6 in a set and in services6.nft. */
export function renderRelay(relay: RelayPlan): Bundle {
  const { publicIpv4, endpoint, management, tunnels, wholeAddress } = relay;
  const ipv6 = relayIpv6(tunnels, subnetOf(`${endpoint}/64`), relay.limits);
  const values = {
    publicIpv4,
    endpoint,
    management,
    tunnels,
    homes: [...new Map(tunnels.map((tunnel) => [tunnel.zone, tunnel])).values()],
    privateNetworks: relay.privateNetworks,
    limits: relay.limits,
    maps: nftMaps(relay),
    ...(relay.processes.length === 0 ? {} : { processPorts: processPorts(relay.processes) }),
    ...(tunnels.length === 0 ? {} : { flows: true }),
    ...probed(relay.processes),
    ...ipv6,
    outer: outerMatches(tunnels, endpoint, relay.exclusive),
    ...(relay.exclusive ? { exclusive: true } : {}),
    ...(management.over === "ipv4" ? { managementPort: management.port } : {}),
    ...(wholeAddress === undefined ? {} : { wholeAddress }),
  };
  const followed = endpoints(tunnels);
  const needs = linkNeeds(tunnels, "relay");
  const paths = watchedPaths(tunnels, "relay");
  const file = (path: string) => fill("relay", path, values);
  return {
    name: "relay",
    end: "relay",
    files: [
      ...tunnels.map((tunnel) =>
        fill(
          "relay",
          "/etc/network/interfaces.d/relay4in6-wrapN",
          { tunnel, exclusive: relay.exclusive },
          `/etc/network/interfaces.d/relay4in6-${tunnel.device}`,
        ),
      ),
      ...tunnels.map((tunnel) => linkScript(tunnel, { side: "relay", state: stateFolder })),
      // The relay is a Debian machine as well: what is the same on both is there once.
      fill("debian", "/etc/relay4in6/endpoint", {}),
      ...failoverFiles(paths),
      file("/etc/relay4in6/probe"),
      file("/etc/relay4in6/probe.awk"),
      file("/etc/relay4in6/rules"),
      file("/etc/relay4in6/rules.v4"),
      file("/etc/relay4in6/rules.v6"),
      file("/etc/relay4in6/services.nft"),
      ...(ipv6.ipv6?.limits === undefined ? [] : [file("/etc/relay4in6/services6.nft")]),
      file("/etc/relay4in6/sets"),
      file("/etc/relay4in6/undeclared.awk"),
      file("/etc/relay4in6/untracked.nft"),
      ...(relay.upkeep === undefined ? [] : upkeepFiles(relay.upkeep)),
      fill("debian", "/etc/systemd/networkd.conf.d/relay4in6.conf", {}),
      ...(paths.length === 0 ? [] : [fill("debian", "/etc/systemd/system/relay4in6-failover.service", {})]),
      file("/etc/systemd/system/relay4in6-probe.service"),
      file("/etc/systemd/system/relay4in6-probe.timer"),
      ...(tunnels.length === 0 ? [file("/etc/systemd/system/relay4in6-rules.service")] : []),
      ...followFiles(relay),
      ...processFiles(relay),
    ],
    state: [
      stateFile("endpoint", endpoint),
      ...followed.map(({ endpointName, homeEndpoint }) => stateFile(endpointName, homeEndpoint)),
    ],
    followed: followed
      .filter(({ follow }) => follow.by !== "none")
      .map(({ endpointName }) => `${stateFolder}/${endpointName}`),
    packages: distinct([
      ...["ifupdown", "iptables", "ipset", "nftables", "conntrack", "iputils-ping", "socat"],
      ...(relay.exclusive && tunnels.length > 0 ? ["ethtool"] : []),
      ...(relay.upkeep ? ["unattended-upgrades"] : []),
      ...needs.packages,
      ...processNeeds(relay.processes).packages,
    ]),
    idlePackages: processNeeds(relay.processes).idlePackages,
    modules: needs.modules,
    keys: needs.keys,
    devices: tunnels.map((tunnel) => tunnel.device),
  };
}

/** Where a relay writes down what it learns. */
const stateFolder = "/var/lib/relay4in6";
/** What a machine of ours is given beside the relay itself: nobody else looks after it. */
function upkeepFiles({ rebootAt }: { rebootAt: string }): BundleFile[] {
  const reboots = rebootAt !== "never";
  return [
    fill("relay", "/etc/apt/apt.conf.d/52relay4in6", { reboots, rebootAt: reboots ? rebootAt : "04:00" }),
    fill("relay", "/etc/sysctl.d/90-relay4in6.conf", {}),
  ];
}

function distinct<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}

/** The homes' endpoints, each by one of the tunnels that lead there. */
function endpoints(tunnels: readonly Tunnel[]): TunnelToEndpoint[] {
  return [
    ...new Map(tunnels.filter(isKnownByEndpoint).map((tunnel) => [tunnel.endpointName, tunnel])).values(),
  ];
}

/** The relay reads its own endpoint and each tunnel's remote from a file of their own. */
function stateFile(name: string, address: string): BundleFile {
  return { path: `${stateFolder}/${name}`, mode: "0644", text: `${address}\n` };
}

/** What follows the homes: by what they say, and by their names; nothing where every prefix stays as it is. */
function followFiles({ endpoint, publicIpv4, tunnels }: RelayPlan): BundleFile[] {
  const followed = endpoints(tunnels);
  const telling = followed
    .filter(({ follow }) => follow.by === "self")
    .map(({ endpointName }) => endpointName);
  const names = followed.flatMap(({ endpointName, follow }) =>
    follow.by === "dns" ? [{ endpointName, name: follow.name }] : [],
  );
  const values = { endpoint, suffix: endpointSuffix(publicIpv4), telling, names };
  const file = (path: string) => fill("relay", path, values);
  const unit = (name: string) => file(`/etc/systemd/system/relay4in6-${name}`);
  if (telling.length + names.length === 0) return [];
  return [
    fill("debian", "/etc/relay4in6/derive.awk", {}),
    file("/etc/relay4in6/follow"),
    ...(telling.length === 0
      ? []
      : [
          unit("follow.path"),
          unit("follow.service"),
          file("/etc/sysusers.d/relay4in6.conf"),
          file("/etc/tmpfiles.d/relay4in6.conf"),
        ]),
    ...(names.length === 0 ? [] : [unit("follow-dns.service"), unit("follow-dns.timer")]),
  ];
}

interface NftMap {
  name: string;
  /** What a port leads to, in nft's terms. */
  type: string;
  /** Whether its keys are ranges of ports: nft then searches a tree, where it would look into a hash table. */
  interval: boolean;
  entries: readonly PortEntry[];
  /** The rule that reads the map. */
  rule: string;
}

/** The maps that hold anything, in the order in which their rules are tried: limits, own ports, marks, addresses. */
function nftMaps({ tcp, udp, processes }: RelayPlan): NftMap[] {
  return (["tcp", "udp"] as const).flatMap((protocol) => {
    const maps = protocol === "tcp" ? tcp : udp;
    const lookup = (name: string) => `${protocol} dport map @${name}`;
    return [
      ...byKey(`${protocol}_limits`, "limit", maps.limits, (name) => `limit name ${lookup(name)} drop`),
      ...byKey(`${protocol}_local`, "verdict", localPorts(processes, protocol), (name) => {
        return `${protocol} dport vmap @${name}`;
      }),
      ...byKey(`${protocol}_marks`, "mark", maps.marks, (name) => {
        return `meta mark set ${lookup(name)} ct mark set meta mark`;
      }),
      ...byKey(`${protocol}_servers`, "ipv4_addr", maps.servers, (name) => `dnat to ${lookup(name)}`),
      ...byKey(`${protocol}_translated`, "ipv4_addr . inet_service", maps.translated, (name) => {
        return `dnat to ${lookup(name)}`;
      }),
    ];
  });
}

/** One map of the single ports and one of the ranges, so that a range does not make every port dearer. */
function byKey(
  name: string,
  type: string,
  entries: readonly PortEntry[],
  rule: (name: string) => string,
): NftMap[] {
  const isRange = ({ ports }: PortEntry) => ports.includes("-");
  const all = [
    { name, type, interval: false, entries: entries.filter((entry) => !isRange(entry)), rule: rule(name) },
    {
      name: `${name}_ranges`,
      type,
      interval: true,
      entries: entries.filter(isRange),
      rule: rule(`${name}_ranges`),
    },
  ];
  return all.filter((map) => map.entries.length > 0);
}
