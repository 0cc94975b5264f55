import type { DebianPlan } from "../plan/index.ts";
import type { Bundle } from "./bundle.ts";
import { homeIpv6 } from "./ipv6.ts";
import { isKnownByEndpoint, linkNeeds, linkScript, relayKeyFile } from "./link.ts";
import { nextHeaders } from "./outer.ts";
import { fill } from "./template.ts";

/** Where the end writes down what it learns. */
const state = "/var/lib/relay4in6";

/** A Debian home's files. A port stands in one of them: sets. */
export function renderDebian(home: DebianPlan): Bundle {
  const { tunnel, priorities, admitted, martians, follow } = home;
  const needs = linkNeeds([tunnel], "debian");
  const values = {
    tunnel,
    ...(tunnel.outer.protocol === "udp" ? {} : { outer: nextHeaders(tunnel.outer) }),
    ...homeIpv6(tunnel),
    ...(isKnownByEndpoint(tunnel) ? { endpoint: true } : { ownMark: tunnel.marks.outOf.match }),
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
      fill(
        "debian",
        "/etc/network/interfaces.d/relay4in6-wrapN",
        values,
        `/etc/network/interfaces.d/relay4in6-${tunnel.device}`,
      ),
      file("/etc/relay4in6/endpoint"),
      linkScript(tunnel, { side: "home", state }),
      file("/etc/relay4in6/rules"),
      file("/etc/relay4in6/rules.v4"),
      file("/etc/relay4in6/rules.v6"),
      file("/etc/relay4in6/sets"),
      file("/etc/systemd/networkd.conf.d/relay4in6.conf"),
      file("/etc/systemd/system/relay4in6-keepalive.service"),
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
    state: isKnownByEndpoint(tunnel)
      ? [{ path: `${state}/endpoint`, mode: "0644", text: `${tunnel.homeEndpoint}\n` }]
      : [],
    followed: follow === undefined ? [] : [`${state}/endpoint`],
    keys: [...needs.keys, ...(follow?.tell === undefined ? [] : ["follow"])],
    packages: [
      ...["ifupdown", "iptables", "ipset", "iputils-ping", ...needs.packages],
      ...(follow?.tell === undefined ? [] : ["openssh-client"]),
    ],
    modules: needs.modules,
    ...relayKeyFile(tunnel, state),
    devices: [tunnel.device],
  };
}
