import type { TunnelKind } from "../transports/index.ts";
import { ipv4Prefix, ipv6Prefix } from "./addresses.ts";
import { crossedBy, type Endpoint } from "./crossed.ts";
import { managementOf } from "./management.ts";
import { protocolsOf, publicPorts, relayedTarget, target } from "./ports.ts";
import { normalHostKey } from "./rules/hostKey.ts";
import type { ConfigOutput } from "./schema.ts";
import type {
  AutoHomeSpec,
  Follow,
  HomeSpec,
  Ipv6Prefix,
  LanSpec,
  OpenSpec,
  RelayedService,
  RelaySpec,
  Service,
  SshSpec,
  WireguardSpec,
} from "./spec.ts";

type Home = ConfigOutput["homes"][number];
type TunnelHome = Exclude<Home, { end: "none" }>;
type ServiceConfig = ConfigOutput["services"][number];

/** The rules have passed, so what they looked for is there; if not, a rule is missing: a fault of ours. */
function judged<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("a config passed its rules and cannot be a Spec");
  return value;
}

/** A prefix, where the alternative is what is wrong with it. */
function right<T>(value: T): Extract<T, string> {
  return judged(typeof value === "string" ? (value as Extract<T, string>) : undefined);
}

function sshSpec({
  host,
  port,
  user,
  hostKey,
  key,
}: SshSpec | (Omit<SshSpec, "key"> & { key?: string | undefined })): SshSpec {
  const access = { host, port, user, hostKey: judged(normalHostKey(hostKey)) };
  return key === undefined ? access : { ...access, key };
}

function relaySpec(relay: ConfigOutput["relay"]): RelaySpec {
  if (relay.provider === "hcloud") return relay;
  const management = managementOf(relay);
  return { provider: "existing", ssh: sshSpec({ ...relay, port: management.port }), management };
}

function lanSpec(lan: TunnelHome["lan"]): "auto" | LanSpec {
  return lan === "auto" ? lan : { prefix: right(ipv4Prefix(lan.prefix)), device: lan.device };
}

/** `auto` is by the home end where that is asked for its prefix: what is written is not expected to change. */
function followOf({ follow, end, prefix }: TunnelHome): Follow {
  if (typeof follow === "object") return { by: "dns", name: follow.dns.toLowerCase() };
  return { by: follow === "auto" && end !== "manual" && prefix === "auto" ? "self" : "none" };
}

function wireguardSpec(home: TunnelHome): WireguardSpec | undefined {
  if (home.end === "manual" || home.wireguard === undefined) return undefined;
  const { over, port } = home.wireguard;
  return port === undefined ? { over } : { over, port };
}

function homeSpec(home: Home): HomeSpec | AutoHomeSpec {
  if (home.end === "none") return home;
  const { name, prefix } = home;
  const any = { name, lan: lanSpec(home.lan) };
  const network = (): Ipv6Prefix => right(ipv6Prefix(prefix));
  if (home.end === "manual") {
    const { end, transport } = home;
    return { ...any, end, knownBy: "endpoint", transport, prefix: network(), follow: followOf(home) };
  }
  const { end, transport } = home;
  const ipv6 = home.ipv6 ? ({ ipv6: true } as const) : {};
  const managed = { ...any, end, ssh: sshSpec(home.ssh), ...ipv6 };
  const endpoint = (): Endpoint => ({
    prefix: prefix === "auto" ? prefix : network(),
    follow: followOf(home),
  });
  if (transport === "auto") {
    const port = home.wireguard?.port;
    const wireguard = port === undefined ? {} : { wireguard: { port } };
    return { ...managed, transport, ...endpoint(), ...wireguard };
  }
  const crossed = (kind: TunnelKind) => crossedBy(kind, endpoint, wireguardSpec(home));
  if (!Array.isArray(transport)) return { ...managed, ...crossed(transport) };
  const [first, second] = transport.map(crossed);
  return { ...managed, ...judged(first), spare: judged(second) };
}

/** What services of any home say. */
function anyService({ home, rate, name }: ServiceConfig, onlyHome: string) {
  return {
    home: home ?? onlyHome,
    ...(rate === undefined ? {} : { rate }),
    ...(name === undefined ? {} : { name }),
  };
}

function portsOf(service: ServiceConfig, toPort: number | undefined) {
  const ports = judged(publicPorts(service));
  return {
    ports,
    protocols: protocolsOf(service.protocol),
    ...(toPort === undefined || toPort === ports.first ? {} : { toPort }),
  };
}

function relayedSpec(service: ServiceConfig, onlyHome: string): RelayedService {
  const { server, port } = judged(relayedTarget(service.to));
  return {
    ...anyService(service, onlyHome),
    kind: "relayed",
    to: server,
    ...portsOf(service, port),
    proxyProtocol: service.proxyProtocol ?? false,
  };
}

function tunnelServiceSpec(service: ServiceConfig, onlyHome: string): Service {
  const to = judged(target(service.to));
  const any = { ...anyService(service, onlyHome), to: to.address };
  if (service.port === undefined && service.ports === undefined) {
    return { ...any, kind: "whole-address", egress: service.egress ?? "relay" };
  }
  return { ...any, kind: "ports", ...portsOf(service, to.port), egress: service.egress ?? "replies" };
}

/** Makes the Spec of a config that the schema and all rules have passed. */
export function buildSpec({ relay, homes, services }: ConfigOutput): OpenSpec {
  const onlyHome = homes[0]?.name ?? "";
  const endless = new Set(homes.filter(({ end }) => end === "none").map(({ name }) => name));
  const serviceSpec = (service: ServiceConfig) =>
    (endless.has(service.home ?? onlyHome) ? relayedSpec : tunnelServiceSpec)(service, onlyHome);
  return {
    relay: relaySpec(relay),
    homes: homes.map(homeSpec),
    services: services.map(serviceSpec),
  };
}
