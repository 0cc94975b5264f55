/**
 * The ways from a relay to a home that are measured side by side, and where each of them is: addresses of its own, all
 * from ranges for documentation, so that no way pays for what another has set up.
 */
import type { TransportKind } from "../../../src/transports/index.ts";

/** What is known of a way before it is set up. */
interface WayKind {
  /** For people. */
  readonly title: string;
  /** What of a config makes it, where it is a transport of ours. */
  readonly ours?: { readonly transport: TransportKind; readonly over?: "ipv4" };
  /** Whether it stands for what a user would take instead, in user space. */
  readonly peer?: true;
  /** Whether it carries UDP. @default true */
  readonly udp?: false;
  /** Whether the home's machine for it is a router and nothing more, in a namespace that it shares. */
  readonly router?: true;
}

const KINDS = {
  plain: { title: "plain DNAT, no tunnel", router: true },
  ipip6: { title: "ipip6", ours: { transport: "ipip6" } },
  gre6: { title: "gre6", ours: { transport: "gre6" } },
  wireguard: { title: "wireguard", ours: { transport: "wireguard" } },
  "wireguard-ipv4": { title: "wireguard over IPv4", ours: { transport: "wireguard", over: "ipv4" } },
  proxy: { title: "proxy", ours: { transport: "proxy" }, udp: false, router: true },
  socat: { title: "socat", ours: { transport: "socat" }, router: true },
  frp: { title: "frp", peer: true, router: true },
  "wireguard-go": { title: "wireguard-go + DNAT", peer: true },
} as const satisfies Record<string, WayKind>;

/** The name of a way. */
export type Way = keyof typeof KINDS;

/** Every way, by its name. */
export const WAYS: Readonly<Record<Way, WayKind>> = KINDS;

/** Where a way is. */
export interface Place {
  /** Where clients find it. */
  readonly publicIpv4: string;
  readonly relayPrefix: string;
  /** The relay's own address, where no tunnel of ours derives one. */
  readonly relayIpv6: string;
  readonly homePrefix: string;
  /** Addresses of the home end's card that faces the internet. */
  readonly homeIpv6: string;
  readonly homeIpv4: string;
  /** First three octets of the home's LAN. */
  readonly lan: string;
  readonly server: string;
  /** The server's own, for what reaches it without a tunnel. */
  readonly serverIpv6: string;
  /** The namespace of the home end. */
  readonly home: string;
}

/** The namespace at home of all ways that need but a router there. */
export const ROUTER = "router";

/** Gives the places of a way; the same for each run. */
export function placeOf(way: Way): Place {
  const names = Object.keys(WAYS) as Way[];
  const index = names.indexOf(way);
  const { router } = WAYS[way];
  // Those that share a router share its addresses.
  const atHome = router ? 0 : index;
  const hextet = index.toString(16);
  const homeHextet = atHome.toString(16);
  const lan = `192.168.${atHome + 1}`;
  return {
    publicIpv4: `203.0.113.${10 + index}`,
    relayPrefix: `2001:db8:1:${hextet}::/64`,
    relayIpv6: `2001:db8:1:${hextet}::1`,
    homePrefix: `2001:db8:2:${homeHextet}::/64`,
    homeIpv6: `2001:db8:2:${homeHextet}::1`,
    homeIpv4: `198.51.100.${10 + atHome}`,
    lan,
    server: `${lan}.210`,
    serverIpv6: `2001:db8:3:${homeHextet}::210`,
    home: router ? ROUTER : way,
  };
}

/** Each home's namespace once, with the ways that lead there. */
export function homesOf(ways: readonly Way[]): [home: string, ways: Way[]][] {
  return [...Map.groupBy(ways, (way) => placeOf(way).home)];
}
