import { type Bundle, render, withRelayKey } from "../../src/render/index.ts";
import { HOST_KEY } from "../config/examples.ts";
import { debianHome, openwrtHome, planOf } from "../render/specs.ts";
import { Sandbox, type System } from "./sandbox/sandbox.ts";

/** How the home `hof` is reached. */
export type Transport =
  | "ipip6"
  | "ipip6 with IPv6"
  | "gre6"
  | "wireguard"
  | "wireguard over IPv4"
  | "two paths"
  | "two paths with IPv6"
  | "proxy";

/** An end of that home's, whose transport changes. */
export interface Changing {
  /** Ways from one to the next. */
  transports: readonly Transport[];
  /** What may go wrong, and at which step. */
  disturbances: readonly (readonly [fault: string, step: string, from: Transport, to: Transport])[];
  bundle(transport: Transport): Bundle;
  start(): Promise<Sandbox>;
  system: System;
  /** Where the end writes down what it learns, and where a run is at work. */
  state: string;
  run: string;
}

/** Transports whose home is known by a key, and by its endpoint. */
export const byKey: readonly Transport[] = [
  "wireguard",
  "wireguard over IPv4",
  "two paths",
  "two paths with IPv6",
];
export const followed: readonly Transport[] = ["ipip6", "two paths", "two paths with IPv6"];

/** As `wg pubkey` prints one. */
export const peer = `${"A".repeat(43)}=`;

/** An own server as relay: whether it has a network for IPv6 is not known. */
const own = { provider: "existing", host: "231.201.224.144", hostKey: HOST_KEY, port: 2200 };

/** What the config says of a tunnel, where it is more than its name. */
const tunnels: { readonly [transport in Transport]?: object } = {
  "ipip6 with IPv6": { transport: "ipip6", ipv6: true },
  "two paths": { transport: ["wireguard", "ipip6"] },
  "two paths with IPv6": { transport: ["wireguard", "ipip6"], ipv6: true },
  "wireguard over IPv4": { transport: "wireguard", wireguard: { over: "ipv4" } },
};

/** The relay and its homes: `hof` with this transport, followed with ipip6, and others. */
function bundles(transport: Transport, end: "debian" | "openwrt", others: object[] = []): Bundle[] {
  const prefix = followed.includes(transport) ? "auto" : debianHome.prefix;
  const tunnel = tunnels[transport] ?? { transport };
  const [hof, to] =
    transport === "proxy"
      ? [{ name: "hof", end: "none", transport }, "2001:db8:4::210"]
      : [{ ...debianHome, end, prefix, ...tunnel }, "192.168.1.210"];
  const homes = [hof, ...others];
  return render(
    planOf({
      ...(homes.some((home) => home && "ipv6" in home) ? {} : { relay: own }),
      homes,
      services: [{ home: "hof", port: 443, to }],
    }),
  );
}

/** As `up` sends it: with the relay's public key, where the home knows it by one. */
function homeBundle(transport: Transport, end: "debian" | "openwrt"): Bundle {
  return withRelayKey(bundles(transport, end)[1] as Bundle, peer);
}

const disturbances: Changing["disturbances"] = [
  ["check fails", "check", "wireguard", "gre6"],
  ["check fails", "check", "gre6", "wireguard"],
  ["program killed", "keep_settings", "wireguard", "gre6"],
  ["power lost", "close_journal", "wireguard", "gre6"],
  ["check fails", "check", "wireguard", "wireguard over IPv4"],
  ["program killed", "keep_settings", "wireguard over IPv4", "wireguard"],
];

const relay: Pick<Changing, "disturbances" | "start" | "system" | "state" | "run"> = {
  disturbances,
  start: () => Sandbox.start("relay"),
  system: "debian",
  state: "/var/lib/relay4in6",
  run: "/run/relay4in6",
};

/** A home's end comes from each to the next. */
const ofHome: readonly Transport[] = [
  "ipip6",
  "ipip6 with IPv6",
  "two paths with IPv6",
  "two paths",
  "wireguard",
  "wireguard over IPv4",
  "gre6",
  "ipip6 with IPv6",
  "ipip6",
];

/** Every kind of end; a home that a process serves has none. */
export const ends: Readonly<Record<string, Changing>> = {
  relay: {
    ...relay,
    transports: [
      "ipip6",
      "ipip6 with IPv6",
      "two paths with IPv6",
      "two paths",
      "wireguard",
      "wireguard over IPv4",
      "gre6",
      "ipip6",
      "proxy",
      "ipip6",
    ],
    bundle: (transport) => bundles(transport, "debian")[0] as Bundle,
  },
  "relay of two homes": {
    ...relay,
    transports: ["wireguard", "proxy", "gre6", "ipip6"],
    disturbances: [],
    bundle: (transport) => bundles(transport, "debian", [openwrtHome])[0] as Bundle,
  },
  "relay of two homes, one of them with IPv6": {
    ...relay,
    transports: ["ipip6", "ipip6 with IPv6", "ipip6", "two paths with IPv6", "two paths"],
    disturbances: [],
    bundle: (transport) => bundles(transport, "debian", [{ ...openwrtHome, ipv6: true }])[0] as Bundle,
  },
  "Debian home": {
    ...relay,
    start: () => Sandbox.start("hof"),
    transports: ofHome,
    bundle: (transport) => homeBundle(transport, "debian"),
  },
  "OpenWrt home": {
    start: () => Sandbox.start("hof", { system: "openwrt" }),
    system: "openwrt",
    state: "/etc/relay4in6",
    run: "/tmp/relay4in6",
    // Its sandbox knows no boot.
    disturbances: disturbances.filter(([fault]) => fault !== "power lost"),
    transports: ofHome,
    bundle: (transport) => homeBundle(transport, "openwrt"),
  },
};
