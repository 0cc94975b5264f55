import { Address4, Address6 } from "ip-address";
import { z } from "zod";
import { ipv4, ipv6 } from "../config/addresses.ts";
import { VisibleError } from "../errors.ts";
import type { HomeFacts, RelayFacts } from "./facts.ts";
import { mtu6Command, mtusOf } from "./mtus.ts";
import { type Need, withoutPrefix } from "./need.ts";
import { jsonSection, sectioned, sections } from "./sections.ts";
import { fitHome, fitRelay, isIpv6Prefix } from "./shape.ts";

/** What a Debian machine is asked: its addresses and where its default routes lead. */
export const debianQuestion = sectioned({
  addresses: "ip -json addr show",
  default4: "ip -json -4 route show default",
  default6: "ip -json -6 route show default",
  routes6: "ip -json -6 route show",
  mtu6: mtu6Command,
});

const link = z.object({
  ifname: z.string(),
  mtu: z.number(),
  addr_info: z.array(
    z.object({
      family: z.string(),
      local: z.string().optional(),
      prefixlen: z.int().min(0).max(128),
      scope: z.string(),
      /** Of a prefix that the router has withdrawn: it lingers, and leads nowhere. */
      deprecated: z.boolean().default(false),
    }),
  ),
});
const route = z.object({ dst: z.string(), dev: z.string().optional() });

interface Answer {
  links: z.infer<typeof link>[];
  /** Devices of the default routes. */
  uplink4: string | undefined;
  uplink6: string | undefined;
  routes6: z.infer<typeof route>[];
  /** MTU of IPv6 by device, in bytes: what the router announced, where that is less (RFC 4861, 4.6.4). */
  mtu6: ReadonlyMap<string, number>;
}

/**
 * Reads the answer of a Debian home server, which ends the tunnel itself.
 *
 * @param need what the transport needs of it
 * @throws VisibleError when it has no default route to the relay, or no global prefix where one is needed
 */
export function readDebianHome(
  home: string,
  output: string,
  lan: "auto" | { prefix: string; device: string },
  need: Need,
): HomeFacts {
  const answer = read(home, output);
  const uplink = uplinkOf(home, answer, need);
  const device = lan === "auto" ? uplink : lan.device;
  const own = addressesOf(answer, "inet");
  return fitHome(home, {
    ...prefixFor(home, answer, need, uplink),
    mtu: mtuOf(answer, uplink),
    lan: { prefixes: own.map(({ text }) => text), device, zone: "lan" },
    interfaces: [],
    addresses: own.map(({ local }) => local),
  });
}

/** The device by which the relay is reached. */
function uplinkOf(home: string, { uplink4, uplink6 }: Answer, need: Need): string {
  const over4 = "dials" in need && need.dials === "ipv4";
  const uplink = over4 ? uplink4 : uplink6;
  if (uplink !== undefined) return uplink;
  const announced = "see that its router announces IPv6, and that the machine accepts it (accept_ra); ";
  throw new VisibleError({
    key: home,
    problem: `the machine has no ${over4 ? "IPv4" : "IPv6"} default route`,
    cure: over4
      ? "see that it has a gateway (ip -4 route show default)"
      : announced.concat(
          "dials" in need ? "or write `wireguard: {over: ipv4}` where the line has no IPv6" : withoutPrefix,
        ),
  });
}

function prefixFor(home: string, answer: Answer, need: Need, uplink: string): Pick<HomeFacts, "prefix"> {
  if ("dials" in need) return {};
  return { prefix: need.prefix === "auto" ? globalPrefix(home, answer, uplink) : need.prefix };
}

/**
 * Reads the answer of an own server that is to be the relay.
 *
 * @throws VisibleError when it has no public IPv4 address or no IPv6 prefix
 */
export function readDebianRelay(output: string): RelayFacts {
  const answer = read("relay", output);
  const { uplink4, uplink6 } = answer;
  const address = addressesOf(answer, "inet", uplink4)
    .map(({ local }) => local)
    .find((local) => !new Address4(local).isPrivate() && !new Address4(local).isCGNAT());
  if (uplink4 === undefined || uplink6 === undefined || address === undefined) {
    throw new VisibleError({
      key: "relay",
      problem: "the server has no public IPv4 address, or no default route for IPv4 and IPv6",
      cure: "a relay needs both; use a server that has them",
    });
  }
  return fitRelay({
    ipv4: address,
    prefix: globalPrefix("relay", answer, uplink6),
    mtu: mtuOf(answer, uplink4),
  });
}

function read(machine: string, output: string): Answer {
  const answer = sections(output);
  const list = <T>(name: string, shape: z.ZodType<T>): T[] => {
    const text = answer[name]?.trim() ?? "";
    if (text.startsWith("[")) return jsonSection(machine, "ip -json", text, z.array(shape));
    if (name !== "addresses") return [];
    throw new VisibleError({
      key: machine,
      problem: "`ip -json addr show` says nothing",
      cure: "install iproute2 on it, or set another `end`",
    });
  };
  return {
    links: list("addresses", link),
    uplink4: list("default4", route).find(({ dev }) => dev !== undefined)?.dev,
    uplink6: list("default6", route).find(({ dev }) => dev !== undefined)?.dev,
    routes6: list("routes6", route),
    mtu6: mtusOf(answer["mtu6"]),
  };
}

function addressesOf({ links }: Answer, family: "inet" | "inet6", device?: string) {
  return links
    .filter(({ ifname }) =>
      device === undefined ? ifname !== "lo" && !ifname.startsWith("wrap") : ifname === device,
    )
    .flatMap(({ addr_info }) => addr_info)
    .filter(
      ({ family: kind, scope, local = "" }) =>
        kind === family &&
        scope === "global" &&
        (family === "inet" ? ipv4(local) : ipv6(local)) !== undefined,
    )
    .map(({ local, prefixlen, deprecated }) => ({
      local: local as string,
      prefixlen,
      deprecated,
      text: `${local}/${prefixlen}`,
    }));
}

/** The /64 of the uplink: of an address, or of an on-link route where DHCPv6 hands out single addresses. */
function globalPrefix(machine: string, answer: Answer, uplink: string): string {
  const global = new Address6("2000::/3");
  const candidates = [
    ...addressesOf(answer, "inet6", uplink)
      .filter(({ prefixlen, deprecated }) => prefixlen <= 64 && !deprecated)
      .map(({ text }) => text),
    ...answer.routes6
      .filter(({ dst, dev }) => dev === uplink && dst.endsWith("/64") && isIpv6Prefix(dst))
      .map(({ dst }) => dst),
  ].map((text) => new Address6(text));
  const found = candidates.find((candidate) => candidate.isInSubnet(global));
  if (found === undefined) {
    throw new VisibleError({
      key: machine,
      problem: `${uplink} has no global IPv6 prefix of /64 or shorter`,
      cure: "give prefix in the config, or see that the router announces one",
    });
  }
  return `${found.startAddress().correctForm()}/${found.subnetMask}`;
}

/** A router behind PPPoE announces what its line takes, which the home's own network card does not know. */
function mtuOf({ links, mtu6 }: Answer, device: string): number {
  const ofLink = links.find(({ ifname }) => ifname === device)?.mtu ?? 1500;
  return Math.min(ofLink, mtu6.get(device) ?? ofLink);
}
