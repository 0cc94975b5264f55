import { type Admission, endpointTunnel, type OpenwrtPlan, tunnelsOf } from "../plan/index.ts";
import type { Bundle } from "./bundle.ts";
import { failoverFiles, watchedPaths } from "./failover.ts";
import { endpointFile, followPair, linkNeeds, linkScript, pairNames, relayKeyFile } from "./link.ts";
import { outerHeaders } from "./outer.ts";
import { fill } from "./template.ts";

/** Where the end writes down what it learns. */
const state = "/etc/relay4in6";

/** An OpenWrt home's files; `*.uci` are in the form that `uci show` prints. A port stands in firewall.uci only. */
export function renderOpenwrt(home: OpenwrtPlan): Bundle {
  const { tunnel, follow } = home;
  const tunnels = tunnelsOf(home);
  const endpoint = endpointTunnel(home);
  const needs = linkNeeds(tunnels, "openwrt");
  const paths = watchedPaths(tunnels, "home");
  const servers6 = tunnel.ipv6?.servers ?? [];
  const egress = tunnel.egressServers.map((server) => egressRule(server));
  const values = {
    ...home,
    tunnels,
    peers: tunnels.map(({ inner }) => inner.relay),
    // What the home has asked for is let in anyway.
    ...(endpoint === undefined ? {} : { endpoint, outer: outerHeaders(tunnels) }),
    ...(paths.length === 0 ? {} : { paths }),
    // Who is known by an endpoint is found there whether or not it says something; and who asks every second says enough.
    ...(endpoint === undefined ? { keepalive: tunnel.keepalive } : {}),
    ...(servers6.length === 0
      ? {}
      : { ipv6: servers6.map(({ server, address }) => ({ section: sectionOf(server), address })) }),
    admitted: [
      ...home.admitted.map((admission) => firewallRule(admission)),
      ...servers6.flatMap(({ server, address, admitted }) =>
        admitted.map((admission) => firewallRule({ ...admission, to: server }, address)),
      ),
    ],
    egress,
    admittedOut: [
      ...egress,
      ...servers6.flatMap(({ server, address, egress }) => (egress ? [egressRule(server, address)] : [])),
    ],
  };
  const file = (path: string) => fill("openwrt", path, values);
  return {
    name: home.name,
    end: "openwrt",
    files: [
      file("/etc/init.d/relay4in6"),
      file("/etc/relay4in6/firewall.uci"),
      ...failoverFiles(paths),
      ...tunnels.map((each) => linkScript(each, { side: "home", state })),
      file("/etc/relay4in6/network.uci"),
      file("/etc/relay4in6/tunnels"),
      file("/lib/upgrade/keep.d/relay4in6"),
      ...(follow === undefined
        ? []
        : [fill("debian", "/etc/relay4in6/derive.awk", {}), file("/etc/relay4in6/follow")]),
      ...(follow?.tell === undefined
        ? []
        : [fill("openwrt", "/etc/relay4in6/.ssh/known_hosts", { tell: follow.tell })]),
    ],
    state: endpointFile(endpoint, state),
    followed: follow === undefined ? [] : [`${state}/endpoint`],
    keys: [...needs.keys, ...(follow?.tell === undefined ? [] : [followPair])],
    packages: ["ip-full", ...needs.packages],
    modules: needs.modules,
    pairNames: pairNames(tunnels),
    ...relayKeyFile(tunnels, state),
    devices: tunnels.map(({ device }) => device),
  };
}

/**
 * An fw4 rule: its ports are a list in one option, separated by blanks.
 *
 * @param address the server's IPv6 address, where the rule is of that
 */
function firewallRule({ to, protocol, ports }: Admission, address?: string) {
  return {
    section: `${sectionOf(to)}_${protocol ?? "all"}${address === undefined ? "" : "6"}`,
    to: address ?? to,
    family: familyOf(address),
    protocol: protocol ?? "all",
    ...(ports === undefined ? {} : { ports: ports.join(" ") }),
  };
}

/** The fw4 rule of what a server starts. @param address as above */
function egressRule(server: string, address?: string) {
  const section = `${sectionOf(server)}_out${address === undefined ? "" : "6"}`;
  return { section, server: address ?? server, family: familyOf(address) };
}

function familyOf(address: string | undefined) {
  return address === undefined ? "ipv4" : "ipv6";
}

/** UCI section names know letters, digits and underscores only. */
function sectionOf(address: string): string {
  return address.replaceAll(".", "_");
}
