import { describe, expect, it } from "vitest";
import { readDebian } from "../../src/doctor/ask/debian.ts";
import { homeHooks6, relayHooks6 } from "../../src/doctor/checks/packetRules.ts";
import type { EndView, Examinations } from "../../src/doctor/examination.ts";
import { diagnose } from "../../src/doctor/index.ts";
import { haus, planned, planned6, recorded, relay, spec, spec6, whole, zwei } from "./whole.ts";

const servers = planned6.homes.map(({ tunnel }) => tunnel.ipv6?.servers ?? []);

const route = (device: string, table: number) => ({
  dst: "default",
  dev: device,
  table: String(table),
  type: "unicast",
});
/** What the machines say of IPv6 where all is well. */
const relay6 = {
  ...relay,
  hooks: [...relay.hooks, ...relayHooks6],
  rules6: [
    { priority: 4200, table: "42", dst: planned6.homes[0]?.tunnel.ipv6?.network ?? "" },
    { priority: 4202, table: "43", dst: planned6.homes[1]?.tunnel.ipv6?.network ?? "" },
  ],
  routes6: [route("wrap1", 42), route("wrap2", 43)],
};
const home6 = <View extends EndView>(view: View, index: number) => ({
  ...view,
  rules6: (servers[index] ?? []).map(({ address }) => ({
    priority: 4242,
    table: `${42 + index}`,
    src: address,
  })),
  routes6: [route(`wrap${index + 1}`, 42 + index)],
});
const haus6 = home6(haus, 0);
const zwei6 = { ...home6(zwei, 1), hooks: [...(zwei.hooks ?? []), ...homeHooks6] };

const findings = (views: Partial<{ relay: object; haus: object; zwei: object }>) => {
  const seen: Examinations = {
    ...whole,
    relay: { ...relay6, ...views.relay },
    homes: { haus: { ...haus6, ...views.haus }, zwei: { ...zwei6, ...views.zwei } },
  };
  return diagnose(spec6, planned6, seen);
};

describe("doctor, of homes with IPv6,", () => {
  it("finds nothing where all is well", () => expect(findings({})).toEqual([]));

  it.each<[string, Parameters<typeof findings>[0], string, string]>([
    [
      "the relay's rule to a home",
      { relay: { rules6: relay6.rules6.slice(1) } },
      "rule-lost at relay",
      "ip -6 rule add priority 4200 to 2001:db8:1:1:",
    ],
    [
      "the relay's route to a home",
      { relay: { routes6: relay6.routes6.slice(1) } },
      "route-lost at relay",
      "ifup wrap1",
    ],
    [
      "a server's rule at an OpenWrt home",
      { haus: { rules6: haus6.rules6.slice(1) } },
      "rule-lost at haus",
      "ip -6 rule add priority 4242 from 2001:db8:1:1:",
    ],
    ["a Debian home's route", { zwei: { routes6: [] } }, "route-lost at zwei", "ifup wrap2"],
    [
      "the relay's forwarding",
      { relay: { forwards6: false } },
      "forwarding-off at relay",
      "sysctl -w net.ipv6.conf.all.forwarding=1",
    ],
    ["the relay's chains", { relay: { hooks: relay.hooks } }, "packet-rules at relay", "rules up"],
    ["a Debian home's chains", { zwei: { hooks: zwei.hooks } }, "packet-rules at zwei", "rules up"],
  ])("names what is gone: %s", (_, views, expected, cure) => {
    const found = findings(views);
    expect(found.map(({ id, where }) => `${id} at ${where}`)).toEqual([expected]);
    expect(found[0]?.cure).toContain(cure);
  });

  it("asks of others nothing of the kind", () => {
    const off = { forwards6: false };
    const seen = { ...whole, relay: { ...relay, ...off }, homes: { haus: { ...haus, ...off }, zwei } };
    expect(diagnose(spec, planned, seen)).toEqual([]);
  });

  it("reads rules and routes as iproute2 tells them", () => {
    const said = `${recorded("debian").replace(/== routes6\n[^=]*/, "")}
== rules6
[{"priority":0,"src":"all","table":"local"},{"priority":4200,"src":"all","dst":"2001:db8:1:1:9a21:f58f::","dstlen":96,"table":"42"},{"priority":4242,"src":"2001:db8:1:1:9a21:f58f:c0a8:1d2","table":"42"}]
== routes6
[{"dst":"default","dev":"wrap1","table":"42","metric":1001,"flags":[],"pref":"medium"},{"type":"unreachable","dst":"default","dev":"lo","table":"42","metric":4242,"flags":[],"pref":"medium"}]
== forward6
0
`;
    const view = readDebian(said, 0);
    expect(view.rules6).toEqual([
      { priority: 0, table: "local" },
      { priority: 4200, table: "42", dst: "2001:db8:1:1:9a21:f58f::/96" },
      { priority: 4242, table: "42", src: "2001:db8:1:1:9a21:f58f:c0a8:1d2" },
    ]);
    expect(view.routes6[0]).toEqual({ dst: "default", dev: "wrap1", table: "42", type: "unicast" });
    expect(view.forwards6).toBe(false);
  });
});
