import {
  endedHomes,
  type RelaySpec,
  rangeText,
  type Service,
  type Spec,
  type SshSpec,
  type TunnelHomeSpec,
} from "../../config/index.ts";
import {
  cloudFirewallKnows,
  endpointTunnel,
  type HomePlan,
  type Plan,
  type Tunnel,
  tunnelsOf,
} from "../../plan/index.ts";
import { fill } from "../../render/template.ts";
import { outerWords } from "../../transports/candidates.ts";
import type { Relayed } from "../../transports/index.ts";
import { folderOf, type TreeFile } from "./tree.ts";

/**
 * The steps of an install by hand, in their order, with a check after each.
 *
 * @param assumptions sentences about what nobody was asked
 */
export function steps(spec: Spec, plan: Plan, relayPrefix: string, assumptions: readonly string[]): TreeFile {
  const { publicIpv4, tunnels } = plan.relay;
  const relaySsh = relayCommand(spec.relay, publicIpv4, relayPrefix);
  const specs = endedHomes(spec);
  const homes = plan.homes.map((home, index) => homeStep(home, specs[index] as TunnelHomeSpec));
  const relay = {
    folder: "relay",
    what: "the relay",
    title: "The relay",
    ssh: relaySsh,
    run: "/run",
    dialling: [],
    notes: [
      ...(spec.relay.provider === "existing" ? [existingNote] : []),
      ...plan.relay.processes
        .flatMap(({ services }) => services)
        .map((each) => openingNote(each, relayPrefix)),
    ],
  };
  const values = {
    publicIpv4,
    tunnels,
    assumptions,
    admittedAtRelay: admittedAtRelay(tunnels),
    sshNotes: sshNotes(spec.relay),
    relaySsh,
    ...(spec.services.some(({ kind }) => kind === "relayed") ? { relayed: true } : {}),
    machines: [relay, ...homes],
    services: spec.services.map((service) => serviceCheck(service, publicIpv4, spec.services.length === 1)),
    egressServers: [...new Set(tunnels.flatMap(({ egressServers }) => egressServers))],
    removals: [...homes.filter(({ instructions }) => !instructions), relay],
  };
  return { ...fill("manual", "/README.md", values), path: "README.md" };
}

const existingNote =
  "It is your own server: its other services, rules and containers are left alone, and nothing but the tunnel is refused.";

/** What has to be opened at a home without an end: it is a client like any other that comes. */
function openingNote(service: Relayed, relayPrefix: string): string {
  const { home, protocol, server, toPort } = service;
  const to = "address" in server ? server.address : server.name;
  const ports = toPort ?? rangeText(service);
  return `Nothing is set up at home ${home}. Its router, and ${to} itself, have to let ${protocol} ${ports} in over IPv6 (at least from ${relayPrefix}).`;
}

function sshNotes({ provider, management: { port, over } }: RelaySpec): string[] {
  if (provider === "existing") return [`The relay's SSH stays as it is, on port ${port}.`];
  if (over === "ipv4") {
    return [
      `The relay's SSH stays on port ${port} of its public address; any other port that no service names is refused.`,
    ];
  }
  return [
    `The relay then answers SSH over IPv6 only, on port ${port}: log in over IPv6, or set \`relay.management.over: ipv4\`.`,
    "The commands below log in to the first address of the relay's prefix, as Hetzner Cloud gives it: write its own where it has another.",
  ];
}

function command({ host, port, user }: Pick<SshSpec, "host" | "port" | "user">): string {
  return `ssh ${port === 22 ? "" : `-p ${port} `}${user}@${host}`;
}

function relayCommand(relay: RelaySpec, publicIpv4: string, prefix: string): string {
  if (relay.provider === "existing") return command(relay.ssh);
  const { port, over } = relay.management;
  const host = over === "ipv4" ? publicIpv4 : prefix.replace(/::\/\d+$/, "::1");
  return command({ host, port, user: "root" });
}

function homeStep(planned: HomePlan, home: TunnelHomeSpec) {
  const { name, end, tunnel, follow } = planned;
  const folder = folderOf({ name, end });
  const state = end === "openwrt" ? "/etc/relay4in6" : "/var/lib/relay4in6";
  const told = endpointTunnel(planned);
  const base = {
    folder,
    title: `Home ${name}`,
    tunnel,
    notes: [] as string[],
    run: "/run",
    state,
    dialling: tunnelsOf(planned).filter(({ knownBy }) => knownBy === "key"),
    ...(follow?.tell === undefined || told === undefined
      ? {}
      : { key: { file: `${state}/keys/follow.pub`, endpointName: told.endpointName } }),
  };
  switch (home.end) {
    case "manual":
      return {
        ...base,
        ssh: "",
        what: `instructions for home ${name}, whatever router it has`,
        instructions: true,
        silent: `its firewall has to let IPv6 next header 4 in from ${tunnel.relayEndpoint}.`,
      };
    case "debian":
      return {
        ...base,
        ssh: command(home.ssh),
        what: `the Debian server of home ${name}`,
        instructions: false,
        notes:
          tunnel.knownBy === "key"
            ? []
            : [
                `The router in front of it has to let ${outerWords(tunnel.outer)} in from ${tunnel.relayEndpoint} to ${tunnel.homeEndpoint}. A ping every 20 seconds opens most routers without that.`,
              ],
        silent:
          tunnel.knownBy === "key"
            ? dialsInVain(tunnel)
            : `the router in front of the server does not let IPv6 next header ${tunnel.outer.protocol} in from ${tunnel.relayEndpoint}.`,
      };
    case "openwrt":
      return {
        ...base,
        run: "/tmp",
        ssh: command(home.ssh),
        what: `the OpenWrt router of home ${name}`,
        instructions: false,
        silent:
          tunnel.knownBy === "key"
            ? dialsInVain(tunnel)
            : `compare the home endpoint ${tunnel.homeEndpoint} with the prefix that the router has now (\`ifstatus lan\`).`,
      };
  }
}

/** A home that dials has nothing to admit; the relay's port has to be open. */
function dialsInVain(tunnel: Tunnel): string {
  return `\`wg show ${tunnel.device}\` tells when it last heard from the relay; never: ${outerWords(tunnel.outer)} of the relay is not reached, or the two ends do not have each other's public key.`;
}

/** What a firewall in front of the relay has to let in. */
function admittedAtRelay(tunnels: readonly Tunnel[]): string {
  const endpoints = tunnels.length === 1 ? "the home endpoint" : "the home endpoints";
  const words = tunnels.map(
    ({ outer, knownBy }) => `${outerWords(outer)} in from ${knownBy === "key" ? "anywhere" : endpoints}`,
  );
  const cloud = tunnels.every(({ outer }) => cloudFirewallKnows(outer))
    ? ""
    : "; a Hetzner Cloud Firewall cannot: attach none";
  return `${[...new Set(words)].join(", and ")}${cloud}`;
}

/** How to try a service from outside. */
function serviceCheck(service: Service, publicIpv4: string, isOnly: boolean) {
  if (service.kind === "whole-address") {
    const check = `\`ping -c 3 ${publicIpv4}\``;
    const from = isOnly ? "the whole address" : "everything else";
    return { from, to: service.to, check, expected: `\`3 received\`; it is ${service.to} that answers` };
  }
  const { ports, protocols, toPort, to } = service;
  const from = `${protocols.join(" and ")} ${rangeText(ports)}`;
  const host = toPort !== undefined && to.includes(":") ? `[${to}]` : to;
  const target = toPort === undefined ? to : `${host}:${toPort}`;
  if (protocols.includes("tcp")) {
    const check = `\`nc -vz -w 5 ${publicIpv4} ${ports.first}\``;
    return { from, to: target, check, expected: "`open` or `succeeded`, if the server listens there" };
  }
  const check = `\`nc -u ${publicIpv4} ${ports.first}\`, then a line of text`;
  return { from, to: target, check, expected: `\`tcpdump\` on ${to} shows it` };
}
