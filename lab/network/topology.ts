/**
 * The lab's map and its addresses. Every address is of a documentation range, a private LAN range,
 * or one that Hetzner or RFC 6333/6598 name; all of them live in the lab's own namespaces only.
 *
 * ```
 *   client                          operator ─ pulumi, the cloud's API
 *   198.51.100.7, IPv4 only         198.51.100.70, 2001:db8:0:7::70; 192.168.1.50 on lab-lan
 *      │                               │
 *  ┌───┴───────────────────────────────┴────┐  packages    [2001:db8:0:de::1]:80
 *  │ internet, core router (namespace)      │  metadata    169.254.169.254
 *  └───┬────────────────────────────────┬───┘
 *  lab-cloud                         lab-isp
 *  172.31.1.1, fe80::1               198.51.100.128/30, 2001:db8:a::/64
 *      │                                │
 *  relay (VM)                        isp (VM)  router advertisements, prefix delegation,
 *  203.0.113.x/32                       │      AFTR 2001:db8:a:aaaa::1, NAT44 to 198.51.100.200
 *  2001:db8:1:x::/64                    │
 *                        ┌──────────────┴───────────────┐
 *                     lab-wan                        lab-wan2 …
 *                     2001:db8:a:1::/64              2001:db8:a:2::/64, 100.64.2.0/30
 *                        │                              │
 *                     home (VM, OpenWrt, DS-Lite)    router2 (namespace, CGNAT, stateful firewall)
 *                        │                              │
 *                     lab-lan 192.168.1.0/24         lab-lan2 192.168.1.0/24 fd42:0:0:2::/64
 *                        │                              │
 *       server .210 server2 .211 iot .2              home2 (VM, Debian, .210)
 *                                 │
 *                               192.168.2.0/24
 * ```
 *
 * Home n is delegated 2001:db8:bn00::/56, and 2001:db8:bn01::/56 … each time it is renumbered.
 * Bridges carry no address: they are the cabling, in a namespace of its own.
 */

/** What terminates the tunnel at a home; `none` leaves both bridges to a router of the user's own. */
export type HomeKind = "openwrt" | "debian" | "none";

/** Public and infrastructure addresses. */
export const INTERNET = {
  client: { ipv4: "198.51.100.7", gateway: "198.51.100.1", length: 26 },
  operator: {
    ipv4: "198.51.100.70",
    gateway: "198.51.100.65",
    length: 26,
    ipv6: "2001:db8:0:7::70",
    gateway6: "2001:db8:0:7::1",
  },
  /** Where created servers get their addresses from. */
  cloud: { gateway: "172.31.1.1", gateway6: "fe80::1", metadata: "169.254.169.254" },
  isp: {
    core: "198.51.100.129",
    ipv4: "198.51.100.130",
    length: 30,
    core6: "2001:db8:a::1",
    ipv6: "2001:db8:a::2",
    aftr: "2001:db8:a:aaaa::1",
    nat: "198.51.100.200",
  },
} as const;

/** One home, all of it derived from its number. */
export interface Home {
  /** From 1. */
  readonly index: number;
  readonly kind: HomeKind;
  /** Place for `lab exec --at`, and name of its VM: `home`, `home2`, … */
  readonly name: string;
  readonly wan: string;
  readonly lan: string;
  /** Link to the ISP: a /64 with router advertisements. */
  readonly wanPrefix: string;
  /** MAC of whatever faces the ISP; its link-local and WAN address follow from it (RFC 4291, appendix A). */
  readonly wanMac: string;
  readonly lanMac: string;
  readonly wanAddress: string;
  readonly wanLinkLocal: string;
  /** ULA of the LAN of a Debian home; how the operator reaches it apart from the other homes. */
  readonly ula: string;
}

/** LAN prefix of every home, the same on purpose. */
export const LAN = {
  router: "192.168.1.1",
  length: 24,
  operator: "192.168.1.50",
  server: "192.168.1.210",
  server2: "192.168.1.211",
  iot: "192.168.1.2",
  iotNetwork: "192.168.2.0/24",
  iotHost: "192.168.2.10",
} as const;

/** Makes the description of home number `index`. @param index 1 to 9 */
export function homeAt(index: number, kind: HomeKind): Home {
  const suffix = index === 1 ? "" : String(index);
  const wanMac = `52:54:00:00:0${index}:01`;
  return {
    index,
    kind,
    name: `home${suffix}`,
    wan: `lab-wan${suffix}`,
    lan: `lab-lan${suffix}`,
    wanPrefix: `2001:db8:a:${index}::`,
    wanMac,
    lanMac: `52:54:00:00:0${index}:02`,
    wanAddress: `2001:db8:a:${index}:${interfaceId(wanMac)}`,
    wanLinkLocal: `fe80::${interfaceId(wanMac)}`,
    ula: `fd42:0:0:${index}::`,
  };
}

/** The /56 that home `index` is delegated after so many renumberings, without its length. */
export function delegatedPrefix(index: number, generation: number): string {
  return `2001:db8:b${index}${generation.toString(16).padStart(2, "0")}::`;
}

/** Modified EUI-64 interface identifier of a MAC, as four hextets. */
export function interfaceId(mac: string): string {
  const bytes = mac.split(":").map((part) => Number.parseInt(part, 16));
  const [first = 0, ...rest] = bytes;
  const eui = [first ^ 2, ...rest.slice(0, 2), 0xff, 0xfe, ...rest.slice(2)];
  const hextets = [0, 2, 4, 6].map((at) => ((eui[at] ?? 0) << 8) | (eui[at + 1] ?? 0));
  return hextets.map((hextet) => hextet.toString(16)).join(":");
}
