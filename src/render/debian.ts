import {
  type DebianPlan,
  endpointTunnel,
  isKnownByEndpoint,
  keepaliveUnits,
  tunnelsOf,
} from "../plan/index.ts";
import type { Bundle } from "./bundle.ts";
import { failoverFiles, watchedPaths } from "./failover.ts";
import { homeIpv6 } from "./ipv6.ts";
import {
  endpointFile,
  followPair,
  isKnownByKey,
  linkNeeds,
  linkScript,
  pairNames,
  relayKeyFile,
} from "./link.ts";
import { outerHeaders } from "./outer.ts";
import { fill } from "./template.ts";

/** Where the end writes down what it learns. */
const state = "/var/lib/relay4in6";

/** A Debian home's files. A port stands in one of them: sets. */
export function renderDebian(home: DebianPlan): Bundle {
  const { tunnel, priorities, admitted, martians, follow } = home;
  const tunnels = tunnelsOf(home);
  const endpoint = endpointTunnel(home);
  const needs = linkNeeds(tunnels, "debian");
  const paths = watchedPaths(tunnels, "home");
  const values = {
    tunnel,
    tunnels,
    outer: outerHeaders(tunnels),
    ...homeIpv6(home),
    ...(endpoint === undefined ? {} : { endpoint }),
    endpointDevices: tunnels.filter(isKnownByEndpoint).map(({ device }) => device),
    ...(tunnels.some(isKnownByKey) ? { ownMark: tunnel.marks.outOf.match } : {}),
    priorities,
    martians,
    follow,
    egressServers: tunnel.egressServers,
    wholeServers: admitted.filter(({ ports }) => ports === undefined).map(({ to }) => to),
    services: admitted.flatMap(({ to, protocol, ports = [] }) =>
      ports.map((port) => `${to},${protocol}:${port}`),
    ),
  };
  const file = (path: string) => fill("debian", path, values);
  return {
    name: home.name,
    end: "debian",
    files: [
      ...tunnels.map((each) =>
        fill(
          "debian",
          "/etc/network/interfaces.d/relay4in6-wrapN",
          { ...values, tunnel: each, ...(isKnownByEndpoint(each) ? { atEndpoint: true } : {}) },
          `/etc/network/interfaces.d/relay4in6-${each.device}`,
        ),
      ),
      file("/etc/relay4in6/endpoint"),
      ...failoverFiles(paths),
      ...tunnels.map((each) => linkScript(each, { side: "home", state })),
      file("/etc/relay4in6/rules"),
      file("/etc/relay4in6/rules.v4"),
      file("/etc/relay4in6/rules.v6"),
      file("/etc/relay4in6/sets"),
      file("/etc/systemd/networkd.conf.d/relay4in6.conf"),
      ...keepaliveUnits(home).map((unit) => file(`/etc/systemd/system/${unit}.service`)),
      ...(tunnel.egressServers.length === 0 ? [] : [file("/etc/systemd/system/relay4in6-source.service")]),
      ...(follow === undefined
        ? []
        : [
            file("/etc/relay4in6/derive.awk"),
            file("/etc/relay4in6/follow"),
            file("/etc/systemd/system/relay4in6-follow.service"),
          ]),
      ...(follow?.tell === undefined
        ? []
        : [fill("debian", "/etc/relay4in6/known_hosts", { tell: follow.tell })]),
    ],
    state: endpointFile(endpoint, state),
    followed: follow === undefined ? [] : [`${state}/endpoint`],
    keys: [...needs.keys, ...(follow?.tell === undefined ? [] : [followPair])],
    packages: [
      ...["ifupdown", "iptables", "ipset", "iputils-ping", ...needs.packages],
      ...(follow?.tell === undefined ? [] : ["openssh-client"]),
    ],
    modules: needs.modules,
    pairNames: pairNames(tunnels),
    ...relayKeyFile(tunnels, state),
    devices: tunnels.map(({ device }) => device),
  };
}
