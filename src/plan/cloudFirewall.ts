import { toldOf } from "../config/homes.ts";
import { joinedRanges, rangeText } from "../config/ports.ts";
import type { ManagementSpec, OpenSpec, PortRange, Protocol, Spec } from "../config/spec.ts";
import { outersOf, possibleOuters, type Told } from "../transports/candidates.ts";
import type { Outer } from "../transports/index.ts";

/** What a cloud's firewall has words for; all else it drops, IPv4 in IPv6 (protocol 4) among it. */
export type CloudProtocol = "tcp" | "udp" | "icmp" | "gre" | "esp";

/** Packets that a firewall in front of the relay has to let in. */
export interface CloudRule {
  protocol: CloudProtocol;
  /** `443`, `50000-50100` or `any`; only tcp and udp have ports. */
  port?: string;
  /** CIDR notation, never empty. */
  sources: readonly string[];
  /** For people. */
  description: string;
}

/** What the rules are made from: as much of a Spec as they depend on. */
export interface CloudWanted {
  management: ManagementSpec;
  /** The tunnels' outer packets. */
  outers: readonly Outer[];
  services: readonly CloudService[];
}

/** What of a service comes to the relay over one family. */
export interface CloudService {
  over: "ipv4" | "ipv6";
  /** Absent: the whole address. */
  ports?: PortRange;
  protocols?: readonly Protocol[];
}

/**
 * What any firewall in front of the relay has to let in for what is in use now.
 *
 * @throws RangeError for a tunnel that no such firewall lets through
 */
export function neededCloudRules(spec: Spec): CloudRule[] {
  const outers = spec.homes.flatMap((home, index) => outersOf(toldOf(home), index));
  return cloudRules(wanted(spec, outers));
}

/**
 * What the relay's own firewall in the cloud lets in: of tunnels, each that it has a word for and that may come to be chosen
 * for a home. So another can be probed, and comes beside the one in use before that goes.
 */
export function ownCloudRules(spec: OpenSpec): CloudRule[] {
  const outers = spec.homes.flatMap((home, index) => cloudOuters(toldOf(home), index));
  return cloudRules(wanted(spec, outers));
}

function wanted({ relay, homes, services }: OpenSpec, outers: readonly Outer[]): CloudWanted {
  const with6 = new Set(homes.filter((home) => "ipv6" in home && home.ipv6).map(({ name }) => name));
  return {
    management: relay.management,
    outers,
    services: services.flatMap((service) =>
      cloudServices(service.kind === "whole-address" ? {} : service, with6.has(service.home)),
    ),
  };
}

/** What comes to the relay of a service: over IPv6 the server's own ports, for nothing is translated there. */
export function cloudServices(
  { ports, protocols, toPort }: { ports?: PortRange; protocols?: readonly Protocol[]; toPort?: number },
  isBoth: boolean,
): CloudService[] {
  return (isBoth ? (["ipv4", "ipv6"] as const) : (["ipv4"] as const)).map((over) => {
    if (ports === undefined || protocols === undefined) return { over };
    const there = over === "ipv6" && toPort !== undefined ? { first: toPort, last: toPort } : ports;
    return { over, protocols, ports: there };
  });
}

/** Of a home, how each tunnel is told that such a firewall knows. @param index place of the home in the config, from 0 */
export function cloudOuters(home: Told, index: number): Outer[] {
  return possibleOuters(home, index).filter(cloudFirewallKnows);
}

/** Whether such a firewall has a word for a tunnel's outer packets: none for IPv4 in IPv6, which it drops. */
export function cloudFirewallKnows({ protocol }: Outer): boolean {
  return protocol !== "4";
}

/** Rules that one firewall of the cloud can hold (API reference, Firewalls). */
export const mostCloudRules = 50;

const everybody = { ipv4: "0.0.0.0/0", ipv6: "::/0" } as const;
const { ipv4, ipv6 } = everybody;

/**
 * What the relay lets in, in the words of the cloud's firewall. It is open to everybody where the relay itself
 * judges who sends: a home's prefix changes at night, and a firewall that named it would cut that home off.
 *
 * @throws RangeError for a tunnel that no such firewall lets through
 */
export function cloudRules({ management, outers, services }: CloudWanted): CloudRule[] {
  const over4 = management.over === "ipv4";
  const ssh = { protocol: "tcp", port: `${management.port}`, description: "SSH of the relay" } as const;
  const open = (["ipv4", "ipv6"] as const).flatMap((over) => {
    const own = services.filter((service) => service.over === over);
    const isWhole = own.some(({ ports }) => ports === undefined);
    return isWhole ? everything(everybody[over]) : portRules(own, everybody[over]);
  });
  return [
    // Homes that tell their new prefix come by IPv6, however the relay is managed.
    { ...ssh, sources: over4 ? [ipv4, ipv6] : [ipv6] },
    { protocol: "icmp", sources: [ipv4, ipv6], description: "path MTU, errors, echo" },
    ...tunnelRules(outers),
    ...joined(open),
  ];
}

/** The whole address, as far as the cloud's firewall has a word for it; ICMP is let in anyhow. */
function everything(source: string): CloudRule[] {
  const rule = { sources: [source], description: "the whole address" };
  return [
    { protocol: "tcp", port: "any", ...rule },
    { protocol: "udp", port: "any", ...rule },
    { protocol: "gre", ...rule },
    { protocol: "esp", ...rule },
  ];
}

/** Rules that differ by their sources only are one. */
function joined(rules: readonly CloudRule[]): CloudRule[] {
  const alike = Map.groupBy(rules, ({ sources: _, ...rest }) => JSON.stringify(rest));
  return [...alike.values()].flatMap((group) => {
    const sources = [...new Set(group.flatMap((rule) => rule.sources))];
    return group.slice(0, 1).map((rule) => ({ ...rule, sources }));
  });
}

/** What a firewall is seen to let in; a port of `1-65535` is any. */
export interface SeenRule {
  protocol: string;
  port?: string | null | undefined;
  sources: readonly string[];
}

/** Those of the wanted rules that rules which are there do not cover, all of them taken together. */
export function lackingRules(wanted: readonly CloudRule[], there: readonly SeenRule[]): CloudRule[] {
  return wanted.flatMap((rule) => {
    const sources = rule.sources.filter((source) => {
      const same = there.filter((each) => each.protocol === rule.protocol && each.sources.includes(source));
      if (rule.port === undefined) return same.length === 0;
      const { first, last } = rangeOf(rule.port);
      const open = joinedRanges(same.flatMap(({ port }) => (port ? [rangeOf(port)] : [])));
      return !open.some((range) => range.first <= first && last <= range.last);
    });
    return sources.length === 0 ? [] : [{ ...rule, sources }];
  });
}

function rangeOf(port: string): PortRange {
  const [first = 0, last = first] = port === "any" ? [1, 65535] : port.split("-").map(Number);
  return { first, last };
}

function tunnelRules(outers: readonly Outer[]): CloudRule[] {
  if (!outers.every(cloudFirewallKnows))
    throw new RangeError("a cloud's firewall has no word for IPv4 in IPv6");
  const gre = outers.some(({ protocol }) => protocol !== "udp");
  const ports = outers.flatMap((outer) =>
    outer.protocol === "udp" ? [{ first: outer.port, last: outer.port }] : [],
  );
  const description = "tunnels";
  return [
    ...(gre ? [{ protocol: "gre", sources: [ipv6], description } as const] : []),
    ...joinedRanges(ports).map(
      (range): CloudRule => ({
        protocol: "udp",
        port: rangeText(range),
        sources: [ipv4, ipv6],
        description,
      }),
    ),
  ];
}

/** The ports of services, neighbours as one range: a firewall holds few rules. */
function portRules(services: readonly CloudService[], source: string): CloudRule[] {
  return (["tcp", "udp"] as const).flatMap((protocol) => {
    const own = services.filter(({ protocols }) => protocols?.includes(protocol));
    return joinedRanges(own.flatMap(({ ports }) => ports ?? [])).map(
      (range): CloudRule => ({
        protocol,
        port: rangeText(range),
        sources: [source],
        description: "services",
      }),
    );
  });
}
