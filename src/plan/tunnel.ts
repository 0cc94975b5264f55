import { pathsOf } from "../config/homes.ts";
import type { Service, TunnelHomeSpec } from "../config/spec.ts";
import type { Facts } from "../facts/facts.ts";
import { tunnelTransports } from "../transports/index.ts";
import { deriveEndpoint } from "./endpoint.ts";
import { planIpv6 } from "./ipv6.ts";
import { tcpMss, tunnelMtu } from "./mtu.ts";
import { admissions } from "./services.ts";
import type { Mark, Tunnel } from "./types.ts";

/** First routing table in use; 42 as the well-known recipes have it. */
const firstTable = 42;

/**
 * The tunnels of a home, one for each of its paths, the preferred one first.
 *
 * @param index place of the home in the config, from 0
 */
export function planTunnels(
  home: TunnelHomeSpec,
  index: number,
  services: readonly Service[],
  facts: Facts,
): [Tunnel, Tunnel?] {
  const [first, second] = pathsOf(home).map((path) => planTunnel(path, index, services, facts));
  if (first === undefined) throw new Error(`no path to home ${home.name}`);
  if (second === undefined) return [first];
  // A connection may change from one to the other, and keeps the segments that it has begun with.
  const narrower = first.mtu < second.mtu ? first : second;
  const { mss } = narrower;
  const ipv6 = narrower.ipv6 === undefined ? {} : { ipv6: narrower.ipv6 };
  return [
    { ...first, mss, ...ipv6, answeringMetric: 1 },
    { ...second, mss, ...ipv6, answeringMetric: 2 },
  ];
}

/**
 * The tunnel of the home that stands at `index` (from 0) in the config.
 *
 * Its ip rules stand before main (32766), and below OpenWrt's own, which begin at 10000. Marks use the two high bytes,
 * which Docker, Tailscale, mwan3 and pbr leave alone: the first byte names the home that a connection leads into, the
 * second the home that it came out of.
 */
export function planTunnel(
  spec: TunnelHomeSpec,
  index: number,
  services: readonly Service[],
  facts: Facts,
): Tunnel {
  const { relay } = facts;
  const { name: home, transport } = spec;
  const { outer, keepalive, overhead: overheadOf, apart } = tunnelTransports[transport];
  const overhead = overheadOf(spec);
  const homeFacts = facts.homes[home];
  if (homeFacts === undefined) throw new Error(`no facts of home ${home}`);
  const number = index + 1;
  const { suffix, network, firstPriority, metric } = apart;
  const mtu = tunnelMtu([relay.mtu, homeFacts.mtu], overhead);
  const own = services
    .filter((service) => service.kind !== "relayed")
    .filter((service) => service.home === home);
  const egressServers = distinct(
    own.filter((service) => service.egress === "relay").map((service) => service.to),
  ).toSorted();
  const ipv6 =
    spec.end !== "manual" && spec.ipv6
      ? { ipv6: planIpv6(home, relay.prefix, mtu, admissions(home, services), egressServers, services) }
      : {};
  const any = {
    home,
    device: `wrap${number}${suffix}`,
    overhead,
    keepalive,
    outer: outer(spec, index),
    relayEndpoint: deriveEndpoint(relay.prefix, relay.ipv4),
    inner: innerAddresses(network, index),
    mtu,
    mss: tcpMss(mtu),
    table: firstTable + index,
    metric,
    zone: number,
    marks: { into: mark(number, 24), outOf: mark(number, 16) },
    priorities: { into: firstPriority + 2 * index, outOf: firstPriority + 2 * index + 1 },
    servers: distinct(own.map((service) => service.to)).toSorted(),
    egressServers,
    ...ipv6,
  };
  if (spec.knownBy === "key") return { ...any, knownBy: "key", transport: spec.transport };
  if (homeFacts.prefix === undefined)
    throw new Error(`no prefix of home ${home}, which ${transport} ends in`);
  return {
    ...any,
    knownBy: "endpoint",
    transport: spec.transport,
    homeEndpoint: deriveEndpoint(homeFacts.prefix, relay.ipv4),
    endpointName: `wrap${number}`,
    follow: spec.follow,
  };
}

/** A /31 out of a /23: link-local, so that it meets neither a LAN nor DS-Lite's own 192.0.0.0/29. */
function innerAddresses(network: number, index: number): Tunnel["inner"] {
  const address = (offset: number) => `169.254.${network + Math.floor(offset / 256)}.${offset % 256}`;
  return { relay: address(2 * index), home: address(2 * index + 1) };
}

function mark(number: number, shift: 16 | 24): Mark {
  const value = `0x${(number * 2 ** shift).toString(16)}`;
  return { value, match: `${value}/0x${(0xff * 2 ** shift).toString(16)}` };
}

function distinct<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}
