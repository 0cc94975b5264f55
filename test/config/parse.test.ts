import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { endedHomes } from "../../src/config/homes.ts";
import { parseSpec } from "../../src/config/parse.ts";
import { VisibleError } from "../../src/errors.ts";
import { config, faultsOf, HOST_KEY, home, manualHome, serving } from "./examples.ts";

describe("parseSpec", () => {
  it("fills in every default of the shortest config", () => {
    expect(parseSpec(config())).toEqual({
      spec: {
        relay: {
          provider: "hcloud",
          location: "fsn1",
          serverType: "cheapest",
          image: "debian-13",
          management: { port: 22, over: "ipv6" },
          key: "~/.ssh/id_ed25519",
          rebootAt: "04:00",
          keepAddress: false,
          firewall: false,
        },
        homes: [
          {
            name: "haus",
            end: "openwrt",
            ssh: { host: "192.168.1.1", port: 22, user: "root", hostKey: HOST_KEY },
            prefix: "auto",
            knownBy: "endpoint",
            transport: "ipip6",
            lan: "auto",
            follow: { by: "self" },
          },
        ],
        services: [{ kind: "whole-address", home: "haus", to: "192.168.1.210", egress: "relay" }],
      },
      warnings: [],
    });
  });

  it("knows the provider by default, also beside other keys", () => {
    const { relay } = parseSpec(config({ relay: { location: "nbg1", management: { over: "ipv4" } } })).spec;
    expect(relay).toMatchObject({
      provider: "hcloud",
      location: "nbg1",
      management: { port: 22, over: "ipv4" },
    });
  });

  it("reads every kind of service", () => {
    const raw = serving(
      { port: 443, to: "192.168.1.210", name: "web" },
      { port: 51820, protocol: "udp", to: "192.168.1.211", egress: "relay" },
      { ports: "50000-50100", protocol: "both", to: "192.168.1.211" },
      { port: 8080, to: "192.168.1.212:80", home: "haus" },
      { port: 81, to: "192.168.1.212:81" },
      { to: "192.168.1.210", egress: "replies" },
    );
    const port = (first: number, last = first) => ({ kind: "ports", home: "haus", ports: { first, last } });
    expect(parseSpec(raw).spec.services).toEqual([
      { ...port(443), to: "192.168.1.210", protocols: ["tcp"], egress: "replies", name: "web" },
      { ...port(51820), to: "192.168.1.211", protocols: ["udp"], egress: "relay" },
      { ...port(50000, 50100), to: "192.168.1.211", protocols: ["tcp", "udp"], egress: "replies" },
      { ...port(8080), to: "192.168.1.212", protocols: ["tcp"], toPort: 80, egress: "replies" },
      { ...port(81), to: "192.168.1.212", protocols: ["tcp"], egress: "replies" },
      { kind: "whole-address", home: "haus", to: "192.168.1.210", egress: "replies" },
    ]);
  });

  it("reads an own server, and takes family and port from where they are written", () => {
    const relay = {
      provider: "existing",
      host: "2A01:4f8::1",
      hostKey: `${HOST_KEY} root@relay`,
      port: 2222,
    };
    expect(parseSpec(config({ relay })).spec.relay).toEqual({
      provider: "existing",
      ssh: { host: "2A01:4f8::1", port: 2222, user: "root", hostKey: HOST_KEY },
      management: { port: 2222, over: "ipv6" },
    });
    const services = [{ port: 443, to: "192.168.1.210" }];
    const byIpv4 = parseSpec(config({ relay: { ...relay, host: "198.51.100.7" }, services })).spec.relay;
    expect(byIpv4.management).toEqual({ port: 2222, over: "ipv4" });
    const byName = { ...relay, host: "relay.example.org", port: undefined, management: { port: 24 } };
    expect(parseSpec(config({ relay: byName })).spec.relay).toMatchObject({
      ssh: { port: 24 },
      management: { port: 24, over: "ipv6" },
    });
  });

  it("normalises prefixes and keeps the order of homes", () => {
    const homes = [
      manualHome({ prefix: "2A02:8106:0001:0000::/56", lan: { prefix: "10.0.0.0/8", device: "br-lan" } }),
      home({ end: "debian", prefix: "2a02:8106:2::/48" }),
    ];
    const services = [{ to: "10.1.2.3", home: "hof" }];
    expect(parseSpec({ homes, services }).spec.homes).toMatchObject([
      { name: "hof", prefix: "2a02:8106:1::/56", lan: { prefix: "10.0.0.0/8", device: "br-lan" } },
      { name: "haus", end: "debian", prefix: "2a02:8106:2::/48" },
    ]);
  });

  it("lets ports of one address lead to two homes with one LAN", () => {
    const homes = [home(), manualHome()];
    const services = [
      { port: 53, protocol: "tcp", to: "192.168.1.210", home: "haus" },
      { port: 53, protocol: "udp", to: "192.168.1.210", home: "hof" },
      { ports: "54-60", to: "192.168.1.210", home: "hof" },
    ];
    expect(parseSpec({ homes, services }).spec.services.map((service) => service.home)).toEqual([
      "haus",
      "hof",
      "hof",
    ]);
  });

  it("tells all faults at once, in the order of the config", () => {
    const keys = faultsOf({
      relays: {},
      relay: { locaton: "fsn1", keepAddress: "no" },
      homes: [
        home({ end: "openwrtt", ssh: { host: "root@router" } }),
        manualHome({ prefix: "auto" }),
        manualHome({ prefix: "fd00::/64", sshh: {} }),
      ],
      services: [
        { port: 0, to: "192.168.1.300", home: "haus" },
        { ports: "9-3", to: "127.0.0.1", home: "hof" },
        { port: 7, protocol: "tpc", to: "192.168.1.2" },
        { port: 7, to: "192.168.1.2", home: "hoff" },
      ],
    }).map(({ key }) => key);
    expect(keys.slice(1)).toEqual([
      "relay.keepAddress",
      "relay.locaton",
      "homes[0].end",
      "homes[0].ssh.hostKey",
      "homes[0].ssh.host",
      "homes[1].prefix",
      "homes[2].sshh",
      "homes[2].name",
      "homes[2].prefix",
      "services[0].port",
      "services[0].to",
      "services[1].ports",
      "services[1].to",
      "services[2].protocol",
      "services[2].home",
      "services[3].home",
      "services[3].port",
    ]);
    expect(keys[0]).toBe("relays");
  });

  it("judges any JSON without another crash", () => {
    const words = ["relay", "homes", "services", "end", "ssh", "to", "port", "ports", "prefix", "lan"];
    const key = fc.oneof(fc.constantFrom(...words), fc.string());
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof({ depthSize: "small" }, fc.jsonValue(), tie("list"), tie("group")),
      list: fc.array(tie("tree"), { maxLength: 3 }),
      group: fc.dictionary(key, tie("tree"), { maxKeys: 5 }),
    }));
    fc.assert(fc.property(tree, refusedOrSpec), { numRuns: 1000 });
  });

  it("judges any change of a right config without another crash", () => {
    const value = fc.oneof(
      fc.jsonValue(),
      fc.ipV4(),
      fc.ipV6(),
      fc.nat(70_000),
      fc.tuple(fc.nat(70_000), fc.nat(70_000)).map(([a, b]) => `${a}-${b}`),
      fc.tuple(fc.ipV6(), fc.nat(130)).map(([address, length]) => `${address}/${length}`),
    );
    const part = (keys: string[]) => fc.dictionary(fc.constantFrom(...keys), value, { maxKeys: 3 });
    const change = fc.record({
      relay: part(["provider", "host", "hostKey", "port", "management", "location", "user"]),
      home: part(["name", "end", "ssh", "prefix", "lan", "transport"]),
      service: part(["port", "ports", "protocol", "to", "home", "egress", "name"]),
    });
    fc.assert(
      fc.property(change, (changed) => {
        const services = [{ port: 443, to: "192.168.1.210", ...changed.service }, { to: "192.168.1.211" }];
        refusedOrSpec({ relay: changed.relay, homes: [home(changed.home)], services });
      }),
      { numRuns: 1000 },
    );
  });

  it("takes a group where a transport belongs for what it is, whatever it has in it", () => {
    const homes = [home({ transport: { toString: {} } })];
    expect(() => parseSpec({ homes, services: [{ to: "192.168.1.211" }] })).toThrow(/homes\[0\]\.transport/);
  });

  it("never refuses a prefix that an endpoint can be derived from", () => {
    const hextet = fc.integer({ min: 0, max: 0xffff });
    const prefix = fc
      .tuple(fc.integer({ min: 0x2000, max: 0x3ffe }), hextet, hextet, hextet)
      .map((parts) => `${parts.map((part) => part.toString(16)).join(":")}::/64`);
    fc.assert(
      fc.property(prefix, (text) => {
        const [first] = endedHomes(parseSpec(config({ homes: [manualHome({ prefix: text })] })).spec);
        // One more way through the same text has to change nothing: the form is the normal one.
        const again = parseSpec(config({ homes: [manualHome({ prefix: first?.prefix })] })).spec.homes[0];
        expect(again).toEqual(first);
      }),
    );
  });
});

function refusedOrSpec(raw: unknown): void {
  try {
    expect(parseSpec(raw).spec.homes.length).toBeGreaterThan(0);
  } catch (error) {
    if (!(error instanceof VisibleError)) throw error;
    expect(error.faults.length).toBeGreaterThan(0);
    for (const { key, problem, cure } of error.faults) {
      expect(key).not.toBe("");
      expect(problem).toMatch(/\S/);
      expect(cure).toMatch(/\S/);
      expect(`${problem} ${cure}`).not.toMatch(/undefined|\[object|NaN/);
    }
  }
}
