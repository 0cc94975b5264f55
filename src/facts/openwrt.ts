import { Address6 } from "ip-address";
import { z } from "zod";
import { VisibleError } from "../errors.ts";
import type { HomeFacts } from "./facts.ts";
import { mtu6Command, mtusOf } from "./mtus.ts";
import { type Need, withoutPrefix } from "./need.ts";
import { jsonSection, sectioned, sections } from "./sections.ts";
import { fitHome } from "./shape.ts";

/** What an OpenWrt router is asked: netifd's own view, the firewall's zones, and the MTU of each device. */
export const openwrtQuestion = sectioned({
  dump: "ubus call network.interface dump",
  zones: "uci -q show firewall",
  mtu: "for d in /sys/class/net/*; do echo ${d##*/} $(cat $d/mtu); done",
  mtu6: mtu6Command,
});

const ipv6 = z.ipv6();
const interfaceDump = z.object({
  interface: z.array(
    z.object({
      interface: z.string(),
      l3_device: z.string().optional(),
      "ipv4-address": z.array(z.object({ address: z.string(), mask: z.number() })).default([]),
      "ipv6-prefix": z.array(z.object({ address: ipv6, mask: z.int().min(0).max(128) })).default([]),
      route: z.array(z.object({ target: z.string(), mask: z.number() })).default([]),
      "ipv6-prefix-assignment": z
        .array(z.object({ address: ipv6, mask: z.int().min(0).max(128), preferred: z.number().optional() }))
        .default([]),
    }),
  ),
});
type Interface = z.infer<typeof interfaceDump>["interface"][number];

/**
 * Reads a router's answer.
 *
 * @param home the home's name, for the error
 * @param lan a LAN that the config names, instead of the router's own `lan`
 * @param need what the transport needs: a prefix that the config names stands instead of the one on the LAN
 * @throws VisibleError when the router has no LAN, or not what the transport needs
 */
export function readOpenwrt(
  home: string,
  output: string,
  lan: "auto" | { prefix: string; device: string },
  need: Need,
): HomeFacts {
  const answer = sections(output);
  const interfaces = readDump(home, answer["dump"] ?? "");
  const inside =
    lan === "auto"
      ? interfaces.find((candidate) => candidate.interface === "lan")
      : interfaces.find((candidate) => candidate.l3_device === lan.device);
  if (inside?.l3_device === undefined) {
    throw new VisibleError({
      key: home,
      value: interfaces.map((candidate) => candidate.interface),
      problem: "the router has no interface lan that is up",
      cure: "name the LAN in the config: lan: {prefix: 192.168.1.0/24, device: br-lan}",
    });
  }
  const outside = outsideOf(interfaces, need);
  if ("dials" in need && need.dials === "ipv6" && !hasIpv6(interfaces)) {
    throw new VisibleError({
      key: home,
      problem: "the router has no IPv6 to dial the relay with",
      cure: "see that wan6 is up; or write `wireguard: {over: ipv4}` where the line has no IPv6",
    });
  }
  const device = outside?.l3_device ?? "";
  // Behind a modem that dials, only the provider's announcement knows what the line takes, of IPv4 too.
  const mtus = ["mtu", "mtu6"].map((name) => mtusOf(answer[name]).get(device) ?? 1500);
  return fitHome(home, {
    ...prefixFor(home, need, inside),
    mtu: Math.min(...mtus),
    lan: {
      prefixes: lan === "auto" ? lanPrefixes(interfaces, outside) : [lan.prefix],
      device: inside.l3_device,
      zone: zoneOf(inside.interface, answer["zones"] ?? ""),
    },
    interfaces: [inside.interface, ...(outside === undefined ? [] : [outside.interface])],
    addresses: interfaces.flatMap((candidate) => candidate["ipv4-address"].map(({ address }) => address)),
  });
}

function readDump(home: string, text: string): Interface[] {
  const fault = new VisibleError({
    key: home,
    problem:
      "the machine does not answer as an OpenWrt router: `ubus call network.interface dump` says nothing",
    cure: "set end: debian or end: manual if it is none, or see that netifd runs",
  });
  if (!text.trim().startsWith("{")) throw fault;
  return jsonSection(home, "ubus call network.interface dump", text, interfaceDump).interface;
}

/** The interface that faces the internet: a prefix is delegated to it, or it has the default route. */
function outsideOf(interfaces: readonly Interface[], need: Need): Interface | undefined {
  const delegated = interfaces.find((candidate) => candidate["ipv6-prefix"].length > 0);
  if ("prefix" in need) return delegated;
  const leadsOut = (all: string) =>
    interfaces.find(({ route }) => route.some(({ target, mask }) => target === all && mask === 0));
  const over6 = delegated ?? leadsOut("::");
  return need.dials === "ipv6" ? over6 : (leadsOut("0.0.0.0") ?? over6);
}

function hasIpv6(interfaces: readonly Interface[]): boolean {
  return interfaces.some(
    (candidate) =>
      candidate["ipv6-prefix"].length > 0 ||
      candidate.route.some(({ target, mask }) => target === "::" && mask === 0),
  );
}

function prefixFor(home: string, need: Need, inside: Interface): Pick<HomeFacts, "prefix"> {
  if ("dials" in need) return {};
  return { prefix: need.prefix === "auto" ? globalPrefix(home, inside) : need.prefix };
}

function globalPrefix(home: string, inside: Interface): string {
  // A prefix that the provider has withdrawn lingers with no time left to be preferred.
  const assigned = inside["ipv6-prefix-assignment"].find(
    ({ address, preferred }) => preferred !== 0 && new Address6(address).isInSubnet(new Address6("2000::/3")),
  );
  if (assigned === undefined) {
    throw new VisibleError({
      key: home,
      problem: `no global IPv6 prefix is assigned to ${inside.interface}`,
      cure: "see that the provider delegates one (wan6) and that the LAN takes a part of it (ip6assign 60 or 64); ".concat(
        withoutPrefix,
      ),
    });
  }
  const { address, mask } = assigned;
  return new Address6(`${address}/${mask}`).startAddress().correctForm().concat(`/${mask}`);
}

/** The router's own IPv4 networks but for the outer one. */
function lanPrefixes(interfaces: readonly Interface[], outside: Interface | undefined): string[] {
  return (
    interfaces
      .filter(({ l3_device }) => l3_device !== "lo" && l3_device !== outside?.l3_device)
      .flatMap((candidate) => candidate["ipv4-address"])
      // A /32 is no network: DS-Lite gives the router 192.0.0.2 (RFC 6333, 5.7).
      .filter(({ mask }) => mask < 32)
      .map(({ address, mask }) => `${address}/${mask}`)
  );
}

/** The firewall zone that an interface is in; `lan` where none says so. */
function zoneOf(name: string, zones: string): string {
  const line = zones
    .split("\n")
    .find((candidate) => /\.network=/.test(candidate) && candidate.split(/[ '=]/).includes(name));
  const section = line?.slice(0, line.lastIndexOf(".network="));
  const named = zones.split("\n").find((candidate) => candidate.startsWith(`${section}.name=`));
  return named?.split("=")[1]?.replaceAll("'", "") ?? "lan";
}
