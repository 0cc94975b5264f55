import { atEndpoint, endedHomes } from "../../src/config/homes.ts";
import { parseSpec } from "../../src/config/parse.ts";
import type { Spec, TunnelHomeSpec } from "../../src/config/spec.ts";
import { withFormerPath } from "../../src/config/turnover.ts";
import { assumeHome, type RelayFacts } from "../../src/facts/index.ts";
import { type Plan, plan } from "../../src/plan/index.ts";
import { HOST_KEY } from "../config/examples.ts";

/** The relay of the examples. */
const relay: RelayFacts = { ipv4: "231.201.224.144", prefix: "54a0:6231:d015:6ef9::/64", mtu: 1500 };

const ssh = { host: "192.168.1.1", hostKey: HOST_KEY };
export const openwrtHome = { name: "haus", end: "openwrt", ssh, prefix: "2e5b:9a11:b0a8:fdd2::/64" };
export const debianHome = { name: "hof", end: "debian", ssh, prefix: "2001:db8:3::/56" };

/**
 * The plan of a config; homes are taken to be as such machines come, but for the MTU of a PPPoE line.
 *
 * @param formerHomes what they come from, where their tunnels change
 */
export function planOf(
  {
    homes = [openwrtHome],
    ...rest
  }: {
    homes?: object[];
    [key: string]: unknown;
  },
  formerHomes: object[] = homes,
): Plan {
  const [wanted, former] = [homes, formerHomes].map((each) => parseSpec({ homes: each, ...rest }).spec) as [
    Spec,
    Spec,
  ];
  const led = wanted.homes.map((home, index) => withFormerPath(home, former.homes[index]) ?? home);
  const spec = { ...wanted, homes: led };
  return plan(spec, {
    relay,
    homes: Object.fromEntries(
      endedHomes(spec).map((home) => [home.name, { ...assumeHome(home, prefixOf(home)), mtu: 1492 }]),
    ),
  });
}

/** What a home whose prefix is `auto` answers. */
function prefixOf(home: TunnelHomeSpec): string | undefined {
  const { name } = home;
  const { prefix } = atEndpoint(home) ?? {};
  // Nobody asks a home that dials.
  if (prefix === undefined) return undefined;
  if (prefix !== "auto") return prefix;
  return name === "hof" ? debianHome.prefix : openwrtHome.prefix;
}

const fullServices = [
  { home: "haus", port: 443, to: "192.168.1.210", rate: 200 },
  { home: "haus", port: 51820, protocol: "udp", to: "192.168.1.211", egress: "relay" },
  { home: "haus", ports: "50000-50100", protocol: "both", to: "192.168.1.211", rate: 50 },
  { home: "haus", port: 8080, to: "192.168.1.212:80" },
  { home: "haus", port: 8081, to: "192.168.1.212:80" },
  { home: "hof", port: 25, to: "192.168.1.210" },
  { home: "hof", port: 5353, protocol: "udp", to: "192.168.1.210:53", egress: "relay" },
  { home: "feld", port: 2222, to: "192.168.1.210:22" },
  { home: "haus", to: "192.168.1.210", rate: 500 },
];

/** What the snapshots show. */
export const examples: Readonly<Record<string, Plan>> = {
  /** The shortest config: one OpenWrt home, the whole address. */
  small: planOf({ services: [{ to: "192.168.1.210" }] }),
  /** Three kinds of home with one LAN prefix, each kind of service. */
  full: planOf({
    homes: [openwrtHome, debianHome, { name: "feld", end: "manual", prefix: "2001:db8:4::/64" }],
    services: fullServices,
  }),
  /** What the ends have while three homes come from one tunnel to another. */
  turnover: planOf(
    {
      homes: [
        { ...openwrtHome, transport: "gre6" },
        { ...debianHome, transport: "gre6" },
        { ...debianHome, name: "feld", transport: "wireguard", wireguard: { over: "ipv4" } },
      ],
      services: [
        { home: "haus", port: 443, to: "192.168.1.210" },
        { home: "hof", port: 25, to: "192.168.1.210" },
        { home: "feld", port: 2222, to: "192.168.1.210:22" },
      ],
    },
    [openwrtHome, debianHome, { ...debianHome, name: "feld", transport: "wireguard" }],
  ),
  /** Prefixes that change: two homes say so themselves, the relay asks for the name of the third. */
  following: planOf({
    relay: { provider: "existing", host: "231.201.224.144", hostKey: HOST_KEY, port: 2200 },
    homes: [
      { ...openwrtHome, prefix: "auto" },
      { ...debianHome, prefix: "auto" },
      {
        name: "feld",
        end: "manual",
        prefix: "2001:db8:4::/64",
        follow: { dns: "feld.dyndns.example" },
      },
    ],
    services: fullServices.filter(({ port, ports }) => port ?? ports),
  }),
  /** An own server that other things run on, managed over IPv4, and a Debian home with some ports. */
  existing: planOf({
    relay: {
      provider: "existing",
      host: "231.201.224.144",
      hostKey: HOST_KEY,
      management: { port: 2200, over: "ipv4" },
    },
    homes: [debianHome],
    services: [
      { port: 443, to: "192.168.1.210" },
      { port: 8080, to: "192.168.1.210:80" },
    ],
  }),
  /** GRE to an OpenWrt home and to a Debian one. */
  gre6: planOf({
    homes: [
      { ...openwrtHome, transport: "gre6" },
      { ...debianHome, transport: "gre6" },
    ],
    services: [
      { home: "haus", port: 443, to: "192.168.1.210" },
      { home: "hof", port: 25, to: "192.168.1.210", egress: "relay" },
    ],
  }),
  /** Nothing at any home: HAProxy and socat on the relay, by address and by name. */
  endless: planOf({
    homes: [
      { name: "box", end: "none", transport: "proxy" },
      { name: "laube", end: "none", transport: "socat" },
    ],
    services: [
      { home: "box", port: 443, to: "[2001:db8:4::210]:8443", proxyProtocol: true, rate: 200 },
      { home: "box", port: 25, to: "mail.box.example" },
      { home: "box", ports: "50000-50100", to: "2001:db8:4::211" },
      { home: "laube", port: 53, protocol: "both", to: "2001:db8:5::53" },
      { home: "laube", ports: "60000-60001", protocol: "udp", to: "spiel.laube.example" },
    ],
  }),
  /** A tunnel that has the whole address, and beside it a home without an end. */
  mixed: planOf({
    homes: [{ name: "box", end: "none", transport: "proxy" }, openwrtHome],
    services: [
      { home: "haus", to: "192.168.1.210" },
      { home: "haus", port: 8080, to: "192.168.1.211:80" },
      { home: "box", port: 443, to: "2001:db8:4::210" },
    ],
  }),
  /** IPv6 through the relay, to both ends and by all tunnels, and a fourth home without. */
  ipv6: planOf({
    homes: [
      { ...debianHome, ipv6: true },
      {
        ...debianHome,
        name: "feld",
        prefix: "2001:db8:4::/64",
        transport: ["wireguard", "ipip6"],
        ipv6: true,
      },
      { ...openwrtHome, transport: ["gre6", "wireguard"], ipv6: true },
      { ...openwrtHome, name: "laube", prefix: "2001:db8:5::/64" },
    ],
    services: [
      { home: "hof", port: 8080, to: "192.168.1.210:80", egress: "relay", rate: 100 },
      { home: "hof", ports: "5000-5010", protocol: "both", to: "192.168.1.210", egress: "relay", rate: 10 },
      { home: "feld", to: "192.168.1.210", egress: "replies", rate: 500 },
      { home: "feld", port: 443, to: "192.168.1.210", egress: "replies" },
      { home: "haus", port: 25, to: "192.168.1.211" },
      { home: "haus", port: 8443, to: "192.168.1.210:443", egress: "relay" },
      { home: "laube", port: 53, protocol: "udp", to: "192.168.1.210" },
    ],
  }),
  /** Two paths: IPv4 in IPv6 first at an OpenWrt home, WireGuard over IPv4 first at a Debian one, and a home with one. */
  paths: planOf({
    homes: [
      { ...openwrtHome, transport: ["ipip6", "wireguard"] },
      { ...debianHome, transport: ["wireguard", "gre6"], wireguard: { over: "ipv4" } },
      { ...debianHome, name: "feld", prefix: "2001:db8:4::/64" },
    ],
    services: [
      { home: "haus", to: "192.168.1.210" },
      { home: "hof", port: 25, to: "192.168.1.210", egress: "relay" },
      { home: "feld", port: 443, to: "192.168.1.210" },
    ],
  }),
  /** WireGuard over IPv6 to an OpenWrt home, over IPv4 to a Debian one, and a third home without. */
  wireguard: planOf({
    homes: [
      { ...openwrtHome, transport: "wireguard" },
      { ...debianHome, transport: "wireguard", wireguard: { over: "ipv4", port: 51820 } },
      { ...debianHome, name: "feld", prefix: "2001:db8:4::/64" },
    ],
    services: [
      { home: "haus", to: "192.168.1.210" },
      { home: "hof", port: 25, to: "192.168.1.210", egress: "relay" },
      { home: "feld", port: 53, protocol: "udp", to: "192.168.1.210" },
    ],
  }),
};
