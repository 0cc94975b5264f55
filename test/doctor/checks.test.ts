import { describe, expect, it } from "vitest";
import { endedHomes } from "../../src/config/homes.ts";
import { parseSpec } from "../../src/config/parse.ts";
import type { Device, EndView, Examinations } from "../../src/doctor/examination.ts";
import { diagnose, severityOf } from "../../src/doctor/index.ts";
import { assumeHome } from "../../src/facts/index.ts";
import type { ProbeStatus } from "../../src/facts/probed.ts";
import { type HomePlan, neededCloudRules, plan } from "../../src/plan/index.ts";
import { home } from "../config/examples.ts";
import {
  crossing,
  findings,
  found,
  haus,
  leg,
  lostAfter,
  planned,
  relay,
  spec,
  whole,
  withCrossing,
  withHaus,
  withRelay,
  withZwei,
  zwei,
} from "./whole.ts";

/** The devices of an end, one of them changed. */
function device(view: EndView, name: string, change: (device: Device) => Device): { devices: Device[] } {
  return { devices: view.devices.map((each) => (each.name === name ? change(each) : each)) };
}

const without = <T>(all: readonly T[], gone: (each: T) => boolean) => all.filter((each) => !gone(each));

describe("doctor, where all is well,", () => {
  it("finds nothing", () => {
    expect(found({})).toEqual([]);
    expect(severityOf([])).toBe("well");
  });
});

describe("doctor names", () => {
  it("an end that it cannot look at, and judges what crosses nevertheless", () => {
    expect(found({ homes: { ...whole.homes, haus: "does not answer" } })).toEqual([
      "home-unreachable at haus",
    ]);
    const [first] = findings({ relay: "does not answer", crossings: {} });
    expect(first).toMatchObject({ id: "relay-unreachable", severity: "note" });
    const [silent] = findings({
      relay: "does not answer",
      crossings: {},
      inbound: { arrived: 0, tries: [{ home: "haus", port: 443, result: "silent" }] },
    });
    expect(silent).toMatchObject({ id: "relay-unreachable", severity: "down" });
  });

  it("a server that is off, gone or blocked, and a Cloud Firewall", () => {
    const server = { status: "running", isBlocked: false, firewalls: [] };
    const cloud = (change: object) => ({ cloud: { server: { ...server, ...change }, isTypeOffered: true } });
    expect(found({ ...cloud({ status: "off" }), relay: "does not answer", crossings: {} })).toEqual([
      "server-off at relay, as the cloud sees it",
    ]);
    expect(found(cloud({ isBlocked: true }))).toEqual(["address-blocked at relay, as the cloud sees it"]);
    expect(found(cloud({ firewalls: [{ name: "wall", rules: [] }] }))).toEqual([
      "cloud-firewall at relay, as the cloud sees it",
    ]);
    expect(found({ cloud: { isTypeOffered: true } })).toEqual(["server-gone at relay, as the cloud sees it"]);
  });

  it("a Cloud Firewall that lacks a rule, or ours that is gone; not ours as it should be", () => {
    const guarded = parseSpec({
      relay: { firewall: true },
      homes: [home({ transport: "gre6", prefix: "2001:db8:b100::/64" })],
      services: [{ port: 443, to: "192.168.1.210" }],
    }).spec;
    const ended = endedHomes(guarded).map((each) => [each.name, assumeHome(each, "2001:db8:b100::/64")]);
    const facts = { ipv4: "203.0.113.10", prefix: "2001:db8:1:1::/64", mtu: 1500 };
    const guardedPlan = plan(guarded, { relay: facts, homes: Object.fromEntries(ended) });
    const ours = { name: "ours", rules: neededCloudRules(guarded) };
    const told = (...firewalls: object[]) => {
      const server = { status: "running", isBlocked: false, firewalls };
      const seen = { relay: "not asked", homes: {}, crossings: {}, cloud: { server, isTypeOffered: true } };
      const all = diagnose(guarded, guardedPlan, seen as unknown as Examinations);
      return all.filter(({ id }) => id === "cloud-firewall");
    };
    const without = (wanted: string) => ({
      ...ours,
      rules: ours.rules.filter(({ protocol }) => protocol !== wanted),
    });
    expect(told(ours)).toEqual([]);
    expect(told(without("icmp"))).toEqual([]);
    expect(told(without("gre"), { name: "other", rules: ours.rules })).toEqual([]);
    expect(told()).toMatchObject([
      { severity: "note", cure: expect.stringContaining("pulumi up --refresh") },
    ]);
    expect(told(without("gre"))).toMatchObject([
      {
        severity: "down",
        what: expect.stringMatching(/\(ours\) that has no rule for gre from ::\/0 \(tunnels\)$/),
      },
    ]);
    expect(told(without("tcp"))[0]?.what).toMatch(
      /tcp 22 from ::\/0 .*; tcp 443 from 0\.0\.0\.0\/0 \(services\)/,
    );
  });

  it("a server type that is not on offer any more, which stops nothing today", () => {
    const all = findings({ cloud: { ...whole.cloud, isTypeOffered: false } });
    expect(all.map(({ id }) => id)).toEqual(["server-type-gone"]);
    expect(all[0]?.what).toContain("cx33");
    expect(severityOf(all)).toBe("note");
  });

  it("a relay that does not listen to a home that would have to say where it is", () => {
    const tell = { user: "relay4in6", host: "2001:db8:1:1::1", port: 22, hostKey: "" };
    const [haus, zwei] = planned.homes.map((each) => ({ ...each, follow: { suffix: "", tell } }));
    const following = { ...planned, homes: [haus as HomePlan, zwei as HomePlan] };
    const seen = (heard: string[]) => ({ ...whole, relay: { ...relay, heard } });
    expect(diagnose(spec, following, seen(["wrap1", "wrap2"]))).toEqual([]);
    const [only, ...others] = diagnose(spec, following, seen(["wrap1"]));
    expect(only).toMatchObject({ id: "home-unheard", where: "zwei", home: "zwei", severity: "degraded" });
    expect(others).toEqual([]);
  });

  it("a clock that is wrong, ahead or behind", () => {
    expect(found(withZwei({ skew: 3600 }))).toEqual(["clock-skew at zwei"]);
    expect(found(withRelay({ skew: -90 }))).toEqual(["clock-skew at relay"]);
    expect(found(withRelay({ skew: 30 }))).toEqual([]);
  });

  it.each(["6.12.67", "6.12.69-cloud-amd64", "6.12.70+deb13-amd64"])("the broken kernel %s", (kernel) => {
    const silent = { warm: lostAfter("homeOuterIn"), cold: lostAfter("homeOuterIn") };
    expect(found({ ...withHaus({ kernel }), ...withCrossing(silent) })).toEqual(["kernel-ip6tnl at haus"]);
  });

  it.each(["6.12.66", "6.12.71+deb13-amd64", "6.1.69", "6.120.69"])("no fault of the kernel %s", (kernel) => {
    const silent = { warm: lostAfter("homeOuterIn"), cold: lostAfter("homeOuterIn") };
    expect(found({ ...withHaus({ kernel }), ...withCrossing(silent) })).not.toContain(
      "kernel-ip6tnl at haus",
    );
  });

  it("a missing module, and not the tunnel that is missing with it", () => {
    const devices = without(zwei.devices, ({ name }) => name === "wrap2");
    const crossings = {
      ...whole.crossings,
      zwei: { endpointAnswers: false, warm: lostAfter("relayOuterOut") },
    };
    expect(found({ ...withZwei({ missingModules: ["ip6_tunnel"], devices }), crossings })).toEqual([
      "module-missing at zwei",
    ]);
  });

  it("a router's missing modules, by the packages that OpenWrt has for them", () => {
    const all = findings(withHaus({ missingModules: ["ip6_gre"] }));
    expect(all.find(({ id }) => id === "module-missing")?.cure).toMatch(/^install kmod-gre6 \(/);
  });

  it("a relay or a router that does not forward, but no server that need not", () => {
    expect(found(withRelay({ forwards: false }))).toEqual(["forwarding-off at relay"]);
    expect(found(withHaus({ forwards: false }))).toEqual(["forwarding-off at haus"]);
    expect(found(withZwei({ forwards: false }))).toEqual([]);
  });

  it("a prefix that is not delegated, was withdrawn, is private, or has moved", () => {
    const prefixes = (...all: [string, boolean?][]) =>
      withHaus({ prefixes: all.map(([prefix, isDeprecated = false]) => ({ prefix, isDeprecated })) });
    expect(found(prefixes())).toEqual(["prefix-missing at haus"]);
    expect(found(prefixes(["2001:db8:b100::/64", true]))).toEqual(["prefix-missing at haus"]);
    expect(found(prefixes(["fd51:4f91:c59d::/64"]))).toEqual(["prefix-private at haus"]);
    expect(found(prefixes(["2001:db8:b101::/64"]))).toEqual(["prefix-moved at haus"]);
    expect(found(prefixes(["2001:db8:b100::/60"]))).toEqual([]);
  });

  it("no prefix that is missing at a home which dials, and needs none", () => {
    const services = [{ port: 443, to: "192.168.1.210" }];
    const dialling = parseSpec({ homes: [home({ transport: "wireguard" })], services }).spec;
    const homes = Object.fromEntries(endedHomes(dialling).map((each) => [each.name, assumeHome(each)]));
    const relay = { ipv4: "203.0.113.10", prefix: "2001:db8:1:1::/64", mtu: 1500 };
    const seen = { ...whole, homes: { haus: { ...haus, prefixes: [] } } };
    const all = diagnose(dialling, plan(dialling, { relay, homes }), seen);
    expect(all.filter(({ id }) => id.startsWith("prefix-"))).toEqual([]);
  });

  it("a relay that still sends to where the home was", () => {
    const remotes = { ...relay.remotes, wrap1: "2001:db8:b1ff:0:203:0:113:10" };
    expect(found(withRelay({ remotes }))).toEqual(["prefix-moved at relay"]);
  });

  it("a tunnel that is gone, off, or has other ends", () => {
    const gone = without(haus.devices, ({ name }) => name === "wrap1");
    expect(found(withHaus({ devices: gone }))).toEqual(["tunnel-missing at haus"]);
    expect(found(withHaus(device(haus, "wrap1", (each) => ({ ...each, isUp: false }))))).toEqual([
      "tunnel-missing at haus",
    ]);
    const ends = (view: EndView, change: object) =>
      device(view, "wrap1", (each) => ({ ...each, tunnel: { ...each.tunnel, ...change } }) as Device);
    expect(found(withHaus(ends(haus, { remote: "2001:db8::1" })))).toEqual(["tunnel-ends at haus"]);
    expect(found(withRelay(ends(relay, { remote: "2001:db8::1" })))).toEqual(["tunnel-ends at relay"]);
    expect(found(withRelay(ends(relay, { local: "2001:db8::1" })))).toEqual(["tunnel-ends at relay"]);
  });

  it("an endpoint that is on no device", () => {
    const devices = haus.devices.map((each) => ({
      ...each,
      addresses: without(each.addresses, (address) => address === haus.endpoint),
    }));
    expect(found(withHaus({ devices }))).toEqual(["endpoint-missing at haus"]);
  });

  it("an encapsulation limit, and not the smaller packets that follow from it", () => {
    const limited = device(
      relay,
      "wrap2",
      (each) =>
        ({
          ...each,
          // As the kernel sets it with the limit.
          mtu: 1452,
          tunnel: each.tunnel && { ...each.tunnel, encapLimit: 4 },
        }) as Device,
    );
    const crossings = { ...whole.crossings, zwei: { ...crossing, largest: 1452 } };
    expect(found({ ...withRelay(limited), crossings })).toEqual(["encaplimit at relay"]);
  });

  it("another MTU of the tunnel, and not the smaller packets that follow from it", () => {
    const small = device(haus, "wrap1", (each) => ({ ...each, mtu: 1280 }));
    expect(found({ ...withHaus(small), ...withCrossing({ largest: 1280 }) })).toEqual(["tunnel-mtu at haus"]);
  });

  it("a segment size that is not set, or wrong", () => {
    const { wrap2 } = relay.mss;
    expect(found(withRelay({ mss: { wrap2: { ...wrap2 } } }))).toEqual(["mss at relay"]);
    expect(found(withRelay({ mss: { ...relay.mss, wrap1: { in: 1420, out: 1460 } } }))).toEqual([
      "mss at relay",
    ]);
  });

  it("a routing rule that is gone, with the command that adds it", () => {
    const gone = (view: EndView, priority: number) => ({
      rules: without(view.rules, (rule) => rule.priority === priority),
    });
    const [reply] = findings(withHaus(gone(haus, 4241)));
    expect(reply).toMatchObject({ id: "rule-lost", where: "haus" });
    expect(reply?.cure).toContain("ip rule add priority 4241 fwmark 0x1000000/0xff000000 lookup 42");
    expect(found(withHaus(gone(haus, 4240)))).toEqual(["rule-lost at haus"]);
    expect(found(withZwei(gone(zwei, 4242)))).toEqual(["rule-lost at zwei"]);
    expect(found(withRelay(gone(relay, 4201)))).toEqual(["rule-lost at relay"]);
  });

  it("a route that is gone", () => {
    const gone = (view: EndView) => ({
      routes: without(view.routes, ({ dev, table }) => dev === "wrap1" && table === "42"),
    });
    expect(found(withHaus({ ...gone(haus), reply: "ds-dslite" }))).toEqual(["route-lost at haus"]);
    expect(found(withRelay(gone(relay)))).toEqual(["route-lost at relay"]);
  });

  it("strict reverse path filtering, of the device or of all", () => {
    const filter = (own: number, all: number) =>
      withHaus({ rpFilter: { ...haus.rpFilter, wrap1: own, all } });
    expect(found(filter(1, 0))).toEqual(["rp-filter at haus"]);
    expect(found(filter(0, 1))).toEqual(["rp-filter at haus"]);
    // The greater counts: loose on the device wins over strict for all.
    expect(found(filter(2, 1))).toEqual([]);
    expect(found(filter(0, 0))).toEqual([]);
  });

  it("packet rules that were flushed", () => {
    const hooks = without(relay.hooks, (hook) => hook === "iptables filter FORWARD");
    expect(found(withRelay({ hooks }))).toEqual(["packet-rules at relay"]);
    expect(found(withRelay({ translates: false }))).toEqual(["services-lost at relay"]);
    expect(found(withRelay({ admitted: relay.admitted.slice(0, 1) }))).toEqual([
      "home-not-admitted at relay",
    ]);
    expect(found(withZwei({ hooks: [] }))).toEqual(["packet-rules at zwei"]);
  });

  it.each([
    "tcp dport 443 redirect to :8443",
    'xt match "tcp" dnat to 10.0.0.1',
    "ip daddr 203.0.113.10 tcp dport 8000-9000 dnat to 10.0.0.1",
    'fib daddr type local iifname != "docker0" tcp dport { 22, 443 } dnat to 172.17.0.2:80',
    "udp dport 51820 dnat to 10.0.0.1",
  ])("somebody else's translation: %s", (rule) => {
    expect(found(withRelay({ foreignNat: [rule] }))).toEqual(["foreign-nat at relay"]);
  });

  it.each([
    "tcp dport 444 redirect to :8443",
    "ip daddr 10.1.2.3 tcp dport 443 dnat to 10.0.0.1",
    "ip daddr != 203.0.113.10 tcp dport 443 dnat to 10.0.0.1",
    'iifname "docker0" tcp dport 443 dnat to 10.0.0.1',
    "udp dport 443 dnat to 10.0.0.1",
  ])("no translation that takes nothing of ours: %s", (rule) => {
    expect(found(withRelay({ foreignNat: [rule] }))).toEqual([]);
  });

  it("somebody else's translation, and not the silence of the server that it keeps clients from", () => {
    const rule = "tcp dport 443 redirect to :8443";
    const tries = [{ home: "haus", port: 443, result: "silent" as const }];
    const inbound = { arrived: 3, tries };
    const foreign = (rules: string[]) => found({ ...withRelay({ foreignNat: rules }), inbound });
    expect(foreign([rule])).toEqual(["foreign-nat at relay"]);
    expect(foreign(["udp dport 51820 dnat to 10.0.0.1"])).toEqual([
      "foreign-nat at relay",
      "service-silent at haus",
    ]);
    const elsewhere = tries.map((each) => ({ ...each, ledTo: "10.0.0.1" }));
    expect(found({ inbound: { arrived: 3, tries: elsewhere } })).toEqual(["foreign-nat at relay"]);
  });

  it("a port that is led elsewhere, whatever leads it there", () => {
    const tries = [{ home: "haus", port: 443, result: "connected" as const, ledTo: "10.0.0.1" }];
    expect(found({ inbound: { arrived: 3, tries } })).toEqual(["foreign-nat at relay"]);
  });

  it("a connection table that is about to be full", () => {
    expect(found(withRelay({ conntrack: { count: 60_000, max: 65_536 } }))).toEqual([
      "conntrack-full at relay",
    ]);
    expect(found(withRelay({ conntrack: { count: 50_000, max: 65_536 } }))).toEqual([]);
  });

  it("a process of homes without an end that does not run", () => {
    expect(found(withRelay({ stopped: ["relay4in6-proxy.service"] }))).toEqual(["process-stopped at relay"]);
  });

  it("a server of a home without an end that does not answer the relay, whose process answers every client", () => {
    const to = "[2001:db8:4::210]";
    type Tried = ProbeStatus["endless"][number]["ports"][number];
    const port = (ports: string, at: number, answer: Tried["answer"]): Tried => {
      return { protocol: "tcp", ports, to, port: at, answer };
    };
    const range = [port("50-60", 50, "refused"), port("50-60", 55, "open"), port("50-60", 60, "refused")];
    const asked = (...ports: Tried[]) =>
      findings(withRelay({ endless: [{ home: "box", state: "up", ports }] }));
    expect(asked(port("443", 8443, "open"), ...range, port("25", 25, null))).toEqual([]);
    expect(asked(port("443", 8443, "refused"), ...range)).toMatchObject([
      {
        id: "service-silent",
        where: "box",
        severity: "degraded",
        what: "port 443: [2001:db8:4::210] refuses connections to its port 8443",
        cure: expect.stringContaining("listens on [::]"),
      },
    ]);
    expect(asked(port("443", 8443, "silent"))).toMatchObject([
      { severity: "down", cure: expect.stringContaining("let TCP port 8443 in over IPv6") },
    ]);
  });

  it("answers that leave through DS-Lite: not marked, or taken by another rule first", () => {
    expect(found(withHaus({ marksReplies: false }))).toEqual(["reply-elsewhere at haus"]);
    const [taken] = findings(withHaus({ reply: "ds-dslite" }));
    expect(taken).toMatchObject({ id: "reply-elsewhere", where: "haus" });
    expect(taken?.what).toContain("ds-dslite");
    expect(found(withZwei({ reply: "eth0" }))).toEqual(["reply-elsewhere at zwei"]);
  });

  it("what will not last: unsaved changes, no keepalive", () => {
    expect(found(withHaus({ staged: ["network"] }))).toEqual(["staged-changes at haus"]);
    expect(found(withZwei({ keepalive: false }))).toEqual(["keepalive-off at zwei"]);
  });
});

describe("doctor tells from the counters", () => {
  const lost = (place: keyof typeof leg, endpointAnswers = true) =>
    findings(withCrossing({ endpointAnswers, warm: lostAfter(place), cold: lostAfter(place) }));
  const named = (place: keyof typeof leg, endpointAnswers = true) =>
    lost(place, endpointAnswers).map(({ id, where }) => `${id} at ${where}`);

  it("where protocol 4 is filtered: on the way there, or back", () => {
    expect(named("relayOuterOut")).toEqual(["protocol-filtered at between relay and haus"]);
    expect(lost("relayOuterOut")[0]?.what).toContain("from relay to haus");
    expect(named("homeOuterOut")).toEqual(["protocol-filtered at between relay and haus"]);
    expect(lost("homeOuterOut")[0]?.what).toContain("from haus to the relay");
  });

  it("that nothing passes at all", () => {
    expect(named("relayOuterOut", false)).toEqual(["no-way at between relay and haus"]);
  });

  it("that they do not leave the relay, or do not come out of its tunnel", () => {
    expect(named("relayTunnelOut")).toEqual(["tunnel-silent at relay"]);
    expect(named("relayOuterIn")).toEqual(["tunnel-silent at relay"]);
  });

  it("that the home does not answer them", () => {
    expect(named("homeTunnelIn")).toEqual(["tunnel-silent at haus"]);
  });

  it("that the home's firewall refuses them, always or only when cold", () => {
    expect(named("homeOuterIn")).toEqual(["firewall-cold at haus"]);
    const [cold] = findings({
      ...withHaus({ firewall: { inUci: true, isLoaded: false } }),
      ...withCrossing({ cold: lostAfter("homeOuterIn") }),
    });
    expect(cold).toMatchObject({ id: "firewall-cold", where: "haus", severity: "down" });
    expect(cold?.what).toContain("not in the loaded ruleset");
  });

  it("that nothing comes back from a home that cannot be asked", () => {
    const { homeOuterIn, homeTunnelIn, homeTunnelOut, homeOuterOut, ...seen } = lostAfter("relayOuterOut");
    const all = found({ homes: { zwei }, ...withCrossing({ warm: seen }) });
    expect(all).toEqual(["tunnel-silent at between relay and haus"]);
  });
});

describe("doctor finds", () => {
  it("the real path MTU", () => {
    const [first] = findings(withCrossing({ largest: 1412 }));
    expect(first).toMatchObject({ id: "path-mtu", severity: "degraded" });
    expect(first?.what).toContain("the path takes 1452 bytes, not 1500");
  });

  it("that nothing from outside arrives at the public address", () => {
    const tries = [{ home: "haus", port: 443, result: "silent" as const }];
    expect(found({ inbound: { arrived: 0, tries } })).toEqual(["address-blocked at before the relay"]);
  });

  it("no block where this machine has no IPv4, or its packets arrived", () => {
    const tried = (result: "silent" | "no-ipv4") => [{ home: "haus", port: 443, result }];
    expect(found({ inbound: { arrived: 0, tries: tried("no-ipv4") } })).toEqual([]);
    expect(found({ inbound: { arrived: 2, tries: tried("silent") } })).toEqual(["service-silent at haus"]);
  });

  it("a server that refuses", () => {
    const tries = [{ home: "zwei", port: 8080, result: "refused" as const, ledTo: "192.168.1.210" }];
    const [first] = findings({ inbound: { arrived: 2, tries } });
    expect(first).toMatchObject({ id: "service-silent", where: "zwei", severity: "degraded" });
  });

  it("the faults of two homes, each its own", () => {
    const rules = without(haus.rules, ({ priority }) => priority === 4241);
    const homes = { haus: { ...haus, rules }, zwei: { ...zwei, skew: 3600, keepalive: false } };
    expect(found({ homes })).toEqual(["clock-skew at zwei", "rule-lost at haus", "keepalive-off at zwei"]);
  });
});
