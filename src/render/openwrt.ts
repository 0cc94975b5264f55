import type { Admission, OpenwrtPlan } from "../plan/index.ts";
import type { Bundle } from "./bundle.ts";
import { isKnownByEndpoint, linkNeeds, linkScript, relayKeyFile } from "./link.ts";
import { fill } from "./template.ts";

/** Where the end writes down what it learns. */
const state = "/etc/relay4in6";

/** An OpenWrt home's files; `*.uci` are in the form that `uci show` prints. A port stands in firewall.uci only. */
export function renderOpenwrt(home: OpenwrtPlan): Bundle {
  const { tunnel, follow } = home;
  const needs = linkNeeds([tunnel], "openwrt");
  const values = {
    ...home,
    // What the home has asked for is let in anyway.
    ...(tunnel.outer.protocol === "udp" ? {} : { outer: tunnel.outer.protocol }),
    // Who is known by an endpoint is found there whether or not it says something.
    ...(isKnownByEndpoint(tunnel) ? { endpoint: true } : { keepalive: tunnel.keepalive }),
    admitted: home.admitted.map(firewallRule),
    egress: tunnel.egressServers.map((server) => ({ section: `${sectionOf(server)}_out`, server })),
  };
  const file = (path: string) => fill("openwrt", path, values);
  return {
    name: home.name,
    end: "openwrt",
    files: [
      file("/etc/init.d/relay4in6"),
      file("/etc/relay4in6/firewall.uci"),
      linkScript(tunnel, { side: "home", state }),
      file("/etc/relay4in6/network.uci"),
      file("/lib/upgrade/keep.d/relay4in6"),
      ...(follow === undefined
        ? []
        : [fill("debian", "/etc/relay4in6/derive.awk", {}), file("/etc/relay4in6/follow")]),
      ...(follow?.tell === undefined
        ? []
        : [fill("openwrt", "/etc/relay4in6/.ssh/known_hosts", { tell: follow.tell })]),
    ],
    state: isKnownByEndpoint(tunnel)
      ? [{ path: `${state}/endpoint`, mode: "0644", text: `${tunnel.homeEndpoint}\n` }]
      : [],
    followed: follow === undefined ? [] : [`${state}/endpoint`],
    keys: [...needs.keys, ...(follow?.tell === undefined ? [] : ["follow"])],
    packages: ["ip-full", ...needs.packages],
    modules: needs.modules,
    ...relayKeyFile(tunnel, state),
    devices: [tunnel.device],
  };
}

/** An fw4 rule: its ports are a list in one option, separated by blanks. */
function firewallRule({ to, protocol = undefined, ports }: Admission) {
  const section = `${sectionOf(to)}_${protocol ?? "all"}`;
  return {
    section,
    to,
    protocol: protocol ?? "all",
    ...(ports === undefined ? {} : { ports: ports.join(" ") }),
  };
}

/** UCI section names know letters, digits and underscores only. */
function sectionOf(address: string): string {
  return address.replaceAll(".", "_");
}
