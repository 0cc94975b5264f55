import { describe, expect, it } from "vitest";
import { parseSpec } from "../../src/config/parse.ts";
import type { HomeSpec } from "../../src/config/spec.ts";
import { withFormerPath } from "../../src/config/turnover.ts";
import { config, HOST_KEY, home, manualHome } from "./examples.ts";

const only = (group: Record<string, unknown>): HomeSpec =>
  parseSpec(config({ homes: [group], services: [{ port: 443, to: "192.168.1.210" }] })).spec
    .homes[0] as HomeSpec;
const one = (change: Record<string, unknown>) => only(home(change));
const overIpv4 = one({ transport: "wireguard", wireguard: { over: "ipv4" } });
const byHand = (change: Record<string, unknown>) => only(manualHome(change));
const debian = (change: Record<string, unknown>) => one({ end: "debian", ...change });

describe("a home that comes to another tunnel", () => {
  it.each([
    ["ipip6", "gre6"],
    ["gre6", "ipip6"],
    ["ipip6", "wireguard"],
    ["wireguard", "gre6"],
  ])("from %s to %s has the old one as its second path", (from, to) => {
    const found = withFormerPath(one({ transport: to }), one({ transport: from }));
    expect(found).toMatchObject({ transport: to, spare: { transport: from } });
  });

  it("keeps of the old one how it was crossed to", () => {
    const dialled = { transport: "wireguard", wireguard: { over: "ipv4", port: 51820 } };
    expect(withFormerPath(one({}), one(dialled))?.spare).toEqual({ knownBy: "key", ...dialled });
    const found = { transport: "ipip6", prefix: "2001:db8:2::/64", follow: { by: "none" } };
    expect(withFormerPath(one({ transport: "wireguard" }), one({ prefix: found.prefix }))?.spare).toEqual({
      knownBy: "endpoint",
      ...found,
    });
  });

  it.each([
    [true, true],
    [true, undefined],
    [undefined, true],
  ])("has both for IPv6 as well, if that is wanted: %s, before %s", (ipv6, former) => {
    const found = withFormerPath(one({ transport: "gre6", ipv6 }), one({ ipv6: former }));
    expect(found).toMatchObject({ transport: "gre6", spare: { transport: "ipip6" } });
    expect(found?.ipv6).toBe(ipv6);
  });

  it("from two paths to the second of them has the first behind it", () => {
    const former = one({ transport: ["wireguard", "ipip6"] });
    expect(withFormerPath(one({}), former)).toMatchObject({
      transport: "ipip6",
      spare: { transport: "wireguard" },
    });
  });

  it("from two paths to the first of them has the second behind it, which may be what carries", () => {
    const former = one({ transport: ["ipip6", "wireguard"], wireguard: { over: "ipv4" } });
    expect(withFormerPath(one({}), former)).toMatchObject({
      transport: "ipip6",
      spare: { transport: "wireguard", wireguard: { over: "ipv4" } },
    });
  });

  it.each([
    [["wireguard", "gre6"], "ipip6", "wireguard"],
    [["ipip6", "wireguard"], "gre6", "wireguard"],
  ])("from two paths, %s, to %s comes from the one that is carried in another way", (former, to, from) => {
    expect(withFormerPath(one({ transport: to }), one({ transport: former }))?.spare?.transport).toBe(from);
  });
});

describe("nothing is led over", () => {
  it.each<[string, HomeSpec, HomeSpec | undefined]>([
    ["of a home that was not there", one({}), undefined],
    ["where the tunnel stays", one({}), one({ prefix: "2001:db8:2::/64" })],
    ["where the tunnel is carried in another way", overIpv4, one({ transport: "wireguard" })],
    ["to two paths", one({ transport: ["wireguard", "ipip6"] }), one({})],
    [
      "to another machine",
      one({ transport: "gre6" }),
      one({ ssh: { host: "192.168.1.2", hostKey: HOST_KEY } }),
    ],
    ["to another kind of end", debian({ transport: "gre6" }), one({})],
    ["to an end by hand", byHand({}), one({ name: "hof", transport: "gre6" })],
  ])("%s", (_title, wanted, former) => {
    expect(withFormerPath(wanted, former)).toBeUndefined();
  });
});
