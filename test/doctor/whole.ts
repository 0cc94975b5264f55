import { readFileSync } from "node:fs";
import { endedHomes } from "../../src/config/homes.ts";
import { parseSpec } from "../../src/config/parse.ts";
import type { Spec } from "../../src/config/spec.ts";
import { readDebian } from "../../src/doctor/ask/debian.ts";
import { readOpenwrt } from "../../src/doctor/ask/openwrt.ts";
import { readRelay } from "../../src/doctor/ask/relay.ts";
import type { Crossing, Examinations, HomeView, Leg, RelayView } from "../../src/doctor/examination.ts";
import { diagnose, type Finding } from "../../src/doctor/index.ts";
import { assumeHome } from "../../src/facts/index.ts";
import { type OpenwrtPlan, type Plan, plan } from "../../src/plan/index.ts";
import { HOST_KEY } from "../config/examples.ts";

const ssh = { host: "192.168.1.1", hostKey: HOST_KEY };

/** What was recorded on three machines: an OpenWrt home `haus`, a Debian home `zwei`. */
export const { spec } = parseSpec({
  relay: { serverType: "cx33", key: "~/.ssh/id_ed25519" },
  homes: [
    { name: "haus", end: "openwrt", ssh, prefix: "2001:db8:b100::/64" },
    { name: "zwei", end: "debian", ssh, prefix: "2001:db8:b200::/64" },
  ],
  services: [
    { port: 443, to: "192.168.1.210", home: "haus" },
    { ports: "50000-50010", protocol: "both", to: "192.168.1.211", home: "haus" },
    { port: 8443, to: "192.168.1.211:443", home: "haus" },
    { port: 8080, to: "192.168.1.210", home: "zwei", egress: "relay" },
    { port: 51820, protocol: "udp", to: "192.168.1.210", home: "haus", egress: "relay" },
  ],
});

/** What would be set up there. */
export function planOf(spec: Spec): Plan {
  return plan(spec, {
    relay: { ipv4: "203.0.113.10", prefix: "2001:db8:1:1::/64", mtu: 1500 },
    homes: Object.fromEntries(
      endedHomes(spec).map((home) => [
        home.name,
        assumeHome(home, home.prefix === "auto" ? "" : home.prefix),
      ]),
    ),
  });
}

export const planned = planOf(spec);

/** The same with IPv6 through the relay. */
export const spec6: Spec = {
  ...spec,
  homes: endedHomes(spec).map((home) => (home.end === "manual" ? home : { ...home, ipv6: true })),
};
export const planned6 = planOf(spec6);

/** Seconds since 1970 when a recording was made. */
const clockOf = (text: string) => Number(/== clock\n(\d+)/.exec(text)?.[1]);

/** The text of one recording. */
export function recorded(name: "relay" | "openwrt" | "debian"): string {
  return readFileSync(new URL(`recorded/${name}.txt`, import.meta.url), "utf8");
}

const answers = { relay: recorded("relay"), haus: recorded("openwrt"), zwei: recorded("debian") };

export const relay: RelayView = readRelay(answers.relay, clockOf(answers.relay));
export const haus: HomeView = readOpenwrt(
  planned.homes[0] as OpenwrtPlan,
  answers.haus,
  clockOf(answers.haus),
);
export const zwei: HomeView = readDebian(answers.zwei, clockOf(answers.zwei));

/** Five pings that all came back. */
export const leg: Leg = {
  sent: 5,
  relayTunnelOut: 5,
  relayOuterOut: 5,
  homeOuterIn: 5,
  homeTunnelIn: 5,
  homeTunnelOut: 5,
  homeOuterOut: 5,
  relayOuterIn: 5,
  relayTunnelIn: 5,
  answered: 5,
};

/** Pings that were lost behind a place: what is after it has counted none. */
export function lostAfter(place: keyof Leg): Leg {
  const places = Object.keys(leg) as (keyof Leg)[];
  return Object.fromEntries(
    places.map((each, index) => [each, index > places.indexOf(place) ? 0 : 5]),
  ) as unknown as Leg;
}

/** A tunnel that works. */
export const crossing: Crossing = { endpointAnswers: true, warm: leg, cold: leg, largest: 1460 };

/** All is well. */
export const whole: Examinations = {
  relay,
  homes: { haus, zwei },
  crossings: { haus: crossing, zwei: crossing },
  inbound: {
    arrived: 12,
    tries: [
      { home: "haus", port: 443, result: "connected", ledTo: "192.168.1.210" },
      { home: "haus", port: 8443, result: "connected", ledTo: "192.168.1.211" },
      { home: "zwei", port: 8080, result: "connected", ledTo: "192.168.1.210" },
    ],
  },
  cloud: { server: { status: "running", isBlocked: false, firewalls: [] }, isTypeOffered: true },
};

/** What doctor finds where something differs from `whole`. */
export function findings(different: Partial<Examinations>): Finding[] {
  return diagnose(spec, planned, { ...whole, ...different });
}

/** The same, as `id at where`. */
export function found(different: Partial<Examinations>): string[] {
  return findings(different).map(({ id, where }) => `${id} at ${where}`);
}

/** `whole` with another relay. */
export function withRelay(view: Partial<RelayView>): Partial<Examinations> {
  return { relay: { ...relay, ...view } };
}

/** `whole` with another first home. */
export function withHaus(view: Partial<HomeView>): Partial<Examinations> {
  return { homes: { ...whole.homes, haus: { ...haus, ...view } } };
}

/** `whole` with another second home. */
export function withZwei(view: Partial<HomeView>): Partial<Examinations> {
  return { homes: { ...whole.homes, zwei: { ...zwei, ...view } } };
}

/** `whole` with other pings to the first home. */
export function withCrossing(pings: Partial<Crossing>): Partial<Examinations> {
  return { crossings: { ...whole.crossings, haus: { ...crossing, ...pings } } };
}
