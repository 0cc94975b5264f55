import { describe, expect, it } from "vitest";
import { endedHomes } from "../../src/config/homes.ts";
import { parseSpec } from "../../src/config/parse.ts";
import { config, faultsOf, home, manualHome } from "./examples.ts";

const RSA_KEY = `ssh-rsa ${Buffer.concat([
  Buffer.from([0, 0, 0, 7]),
  Buffer.from("ssh-rsa"),
  Buffer.from([0, 0, 0, 3, 1, 0, 1]),
  Buffer.from([0, 0, 1, 1]),
  Buffer.alloc(257, 1),
]).toString("base64")}`;
const own = { provider: "existing", host: "2001:db8:1::1", hostKey: RSA_KEY };
const followOf = (homes: object[]) => endedHomes(parseSpec(config({ homes })).spec)[0]?.follow;
const follows = (change: object) => followOf([home({ ...change })]);

describe("follow", () => {
  it("is by the home end where that is asked for its prefix, and not at all where it is written", () => {
    expect(follows({})).toEqual({ by: "self" });
    expect(follows({ follow: "auto" })).toEqual({ by: "self" });
    expect(follows({ prefix: "2001:db8:2::/64" })).toEqual({ by: "none" });
    expect(follows({ follow: "none" })).toEqual({ by: "none" });
    expect(followOf([manualHome()])).toEqual({ by: "none" });
  });

  it("is by a name that the relay resolves, above all for a home that nobody logs in to", () => {
    const manual = manualHome({ follow: { dns: "Haus.dyndns.example" } });
    expect(followOf([manual])).toEqual({
      by: "dns",
      name: "haus.dyndns.example",
    });
    expect(follows({ follow: { dns: "haus.dyndns.example" } })).toEqual({
      by: "dns",
      name: "haus.dyndns.example",
    });
  });

  it.each([
    "",
    "haus",
    "-x.example",
    "haus.example; reboot",
    "haus..example",
    "2001:db8::1",
    "$(id).example",
  ])("takes no %j for a name", (dns) => {
    expect(faultsOf(config({ homes: [home({ follow: { dns } })] }))[0]).toMatchObject({
      key: "homes[0].follow.dns",
    });
  });

  it("refuses a name for a home end that stays at a written prefix", () => {
    const change = { prefix: "2a02:8106:1:2::/64", follow: { dns: "haus.dyndns.example" } };
    expect(faultsOf(config({ homes: [home(change)] }))).toMatchObject([
      { key: "homes[0].follow", value: "haus.dyndns.example", cure: expect.stringContaining("prefix: auto") },
    ]);
  });

  it("refuses a name for a home that dials: the relay knows it by its key", () => {
    const change = { transport: "wireguard", follow: { dns: "haus.dyndns.example" } };
    expect(faultsOf(config({ homes: [home(change)] }))).toMatchObject([
      { key: "homes[0].follow", value: "haus.dyndns.example", cure: expect.stringContaining("leave") },
    ]);
  });

  it("has neither prefix nor following for a home that dials, and says that a written prefix is not read", () => {
    const homes = [home({ transport: "wireguard", prefix: "2a02:8106:1:2::/64", follow: "none" })];
    const { spec, warnings } = parseSpec(config({ homes }));
    expect(spec.homes[0]).toMatchObject({ knownBy: "key", transport: "wireguard" });
    expect(spec.homes[0]).not.toHaveProperty("prefix");
    expect(spec.homes[0]).not.toHaveProperty("follow");
    expect(warnings).toMatchObject([{ key: "homes[0].prefix", cure: "leave it out" }]);
  });

  it("takes two homes that dial from one prefix", () => {
    const prefix = "2a02:8106:1:2::/64";
    const homes = [
      home({ transport: "wireguard", prefix }),
      home({ name: "zwei", transport: "wireguard", prefix }),
    ];
    expect(
      parseSpec(config({ homes, services: [{ to: "192.168.1.210", home: "haus" }] })).spec.homes,
    ).toHaveLength(2);
  });

  it("refuses a relay's host key that an OpenWrt home cannot pin", () => {
    const services = [{ port: 443, to: "192.168.1.210" }];
    expect(faultsOf(config({ relay: own, services }))).toMatchObject([
      { key: "relay.hostKey", value: "ssh-rsa", cure: expect.stringContaining("ssh-keyscan -t ed25519") },
    ]);
    for (const change of [{ follow: "none" }, { end: "debian" }, { prefix: "2a02:8106:1:2::/64" }]) {
      const { spec } = parseSpec(config({ relay: own, homes: [home(change)], services }));
      expect(spec.relay).toMatchObject({ ssh: { hostKey: RSA_KEY } });
    }
  });
});
