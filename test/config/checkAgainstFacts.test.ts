import { describe, expect, it } from "vitest";
import { checkAgainstFacts, type FactsToCheck } from "../../src/config/checkAgainstFacts.ts";
import { parseSpec } from "../../src/config/parse.ts";
import { config, home, manualHome } from "./examples.ts";

const RELAY = { ipv4: "231.201.224.144", prefix: "54a0:6231:d015:6ef9::/64" };
const HAUS = { prefix: "2e5b:9a11:b0a8:fdd2::/64", lan: { prefixes: ["192.168.1.1/24"] } };

const check = (raw: unknown, homes: FactsToCheck["homes"], relay = RELAY) =>
  checkAgainstFacts(parseSpec(raw).spec, { relay, homes });

describe("checkAgainstFacts", () => {
  it("finds nothing where all is well, and passes over homes that nobody asked", () => {
    expect(check(config(), { haus: HAUS })).toEqual([]);
    expect(check(config(), {})).toEqual([]);
  });

  it("refuses two homes with one /64", () => {
    const raw = {
      homes: [home(), manualHome({ prefix: "2e5b:9a11:b0a8:fdd2::/64" })],
      services: [{ to: "192.168.1.210", home: "haus" }],
    };
    const faults = check(raw, { haus: HAUS, hof: { prefix: "2e5b:9a11:b0a8:fdd2::/64" } });
    expect(faults).toMatchObject([{ key: "homes[1].prefix", value: "2e5b:9a11:b0a8:fdd2::/64" }]);
    expect(faults[0]?.problem).toMatch(/same endpoint as haus/);
    expect(faults[0]?.cure).toMatch(/another \/64/);
  });

  it("refuses a home in the relay's /64", () => {
    const faults = check(
      config(),
      { haus: { ...HAUS, prefix: "54a0:6231:d015:6ef9::/56" } },
      {
        ...RELAY,
        prefix: "54a0:6231:d015:6e00::/64",
      },
    );
    expect(faults).toEqual([]);
    const equal = check(config(), { haus: { ...HAUS, prefix: RELAY.prefix } });
    expect(equal).toMatchObject([{ key: "homes[0].prefix", value: RELAY.prefix }]);
    expect(equal[0]?.problem).toMatch(/same endpoint as the relay/);
    expect(equal[0]?.cure).toMatch(/outside of the home/);
  });

  it.each([
    ["fd00:1::/64", /ULA/],
    ["fe80::/64", /link-local/],
    ["2a02:8106:1:2:3::/80", /longer than \/64/],
  ])("refuses %s as a home's prefix and as the relay's", (prefix, problem) => {
    const ofHome = check(config(), { haus: { ...HAUS, prefix } });
    expect(ofHome).toMatchObject([{ key: "homes[0].prefix", value: prefix }]);
    expect(ofHome[0]?.problem).toMatch(problem);
    const ofRelay = check(config(), { haus: HAUS }, { ...RELAY, prefix });
    expect(ofRelay).toMatchObject([{ key: "relay", value: prefix }]);
    expect(ofRelay[0]?.problem).toMatch(problem);
  });

  it.each(["231.201.224", "2a02::1", "no address"])("refuses %s as the relay's address", (ipv4) => {
    expect(check(config(), { haus: HAUS }, { ...RELAY, ipv4 })).toMatchObject([
      { key: "relay", value: ipv4 },
    ]);
  });

  it("refuses a server outside of the LAN, and the LAN's own addresses", () => {
    const serving = (to: string) => check(config({ services: [{ to }] }), { haus: HAUS });
    expect(serving("192.168.2.210")).toMatchObject([{ key: "services[0].to", value: "192.168.2.210" }]);
    expect(serving("192.168.2.210")[0]?.problem).toMatch(/not in the LAN of haus/);
    expect(serving("192.168.2.210")[0]?.cure).toMatch(/192\.168\.1\.1\/24/);
    expect(serving("192.168.1.255")[0]?.problem).toMatch(/broadcast/);
    expect(serving("192.168.1.254")).toEqual([]);
    const lan = { prefixes: ["10.0.0.0/24", "192.168.1.0/24"] };
    expect(check(config(), { haus: { ...HAUS, lan } })).toEqual([]);
  });

  it("refuses what is no address of a Debian end, and names those that are", () => {
    const raw = config({ homes: [home({ end: "debian" })] });
    const faults = check(raw, { haus: { ...HAUS, addresses: ["127.0.0.1/8", "192.168.1.10/24"] } });
    expect(faults).toMatchObject([{ key: "services[0].to", value: "192.168.1.210" }]);
    expect(faults[0]?.problem).toMatch(/it has 127\.0\.0\.1\/8, 192\.168\.1\.10\/24/);
    expect(faults[0]?.cure).toMatch(/publish its port.*end: openwrt/);
    expect(check(raw, { haus: { ...HAUS, addresses: ["192.168.1.210"] } })).toEqual([]);
  });

  it("tells all at once", () => {
    const raw = {
      homes: [home(), home({ name: "b", end: "debian" })],
      services: [
        { to: "10.0.0.1", home: "haus" },
        { port: 1, to: "10.0.0.1", home: "b" },
      ],
    };
    const keys = check(raw, { haus: HAUS, b: { ...HAUS, addresses: [] } }).map(({ key }) => key);
    expect(keys).toEqual(["homes[1].prefix", "services[0].to", "services[1].to"]);
  });
});
