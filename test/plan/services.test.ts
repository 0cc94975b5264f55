import { describe, expect, it } from "vitest";
import { endedHomes } from "../../src/config/homes.ts";
import { parseSpec } from "../../src/config/parse.ts";
import { assumeHome } from "../../src/facts/index.ts";
import { plan } from "../../src/plan/index.ts";
import { admissions } from "../../src/plan/services.ts";
import { home } from "../config/examples.ts";

const relay = { ipv4: "203.0.113.7", prefix: "2001:db8:1::/64", mtu: 1500 };
const first = { end: "manual", name: "haus", prefix: "2001:db8:2::/64" };
const second = { end: "manual", name: "hof", prefix: "2001:db8:3::/64" };

const specOf = (services: unknown[], homes: unknown[] = [first]) => parseSpec({ homes, services }).spec;

function planOf(services: unknown[], homes: unknown[] = [first]) {
  const spec = specOf(services, homes);
  const facts = endedHomes(spec).map((each) => [each.name, assumeHome(each, each.prefix)] as const);
  return plan(spec, { relay, homes: Object.fromEntries(facts) });
}

const admitted = (...services: unknown[]) => admissions("haus", specOf(services).services);

describe("the relay's maps", () => {
  it("hold a port with the server and the home's mark", () => {
    expect(planOf([{ port: 443, to: "192.168.1.210" }]).relay.tcp).toEqual({
      marks: [{ ports: "443", value: "0x1000000" }],
      servers: [{ ports: "443", value: "192.168.1.210" }],
      translated: [],
      limits: [],
    });
  });

  it("hold a range as one entry", () => {
    const { udp, tcp } = planOf([{ ports: "50000-50100", protocol: "udp", to: "192.168.1.211" }]).relay;
    expect(udp.servers).toEqual([{ ports: "50000-50100", value: "192.168.1.211" }]);
    expect(tcp).toEqual({ marks: [], servers: [], translated: [], limits: [] });
  });

  it("hold a service of both protocols in both", () => {
    const { udp, tcp } = planOf([{ port: 53, protocol: "both", to: "192.168.1.211" }]).relay;
    expect(udp).toEqual(tcp);
    expect(udp.servers).toHaveLength(1);
  });

  it("hold a translated port with the server's own port, and apart from the others", () => {
    expect(planOf([{ port: 8080, to: "192.168.1.212:80" }]).relay.tcp).toEqual({
      marks: [{ ports: "8080", value: "0x1000000" }],
      servers: [],
      translated: [{ ports: "8080", value: "192.168.1.212 . 80" }],
      limits: [],
    });
  });

  it("hold several servers behind one address, in the order of the ports", () => {
    const { servers } = planOf([
      { port: 8443, to: "192.168.1.211" },
      { port: 80, to: "192.168.1.210" },
    ]).relay.tcp;
    expect(servers.map(({ ports }) => ports)).toEqual(["80", "8443"]);
  });

  it("name the limit of a service that has a rate, one for all of its ports and protocols", () => {
    const { relay } = planOf([
      { ports: "5000-5010", protocol: "both", to: "192.168.1.211", rate: 20 },
      { port: 443, to: "192.168.1.211" },
      { to: "192.168.1.210", rate: 100 },
    ]);
    expect(relay.tcp.limits).toEqual([{ ports: "5000-5010", value: "tcp_udp_5000" }]);
    expect(relay.udp.limits).toEqual(relay.tcp.limits);
    expect(relay.wholeAddress?.limit).toBe("whole");
    expect(relay.limits).toEqual([
      { name: "tcp_udp_5000", rate: 20, burst: 40 },
      { name: "whole", rate: 100, burst: 200 },
    ]);
  });

  it("leave the whole address out: it is what no map claims", () => {
    const { relay } = planOf([{ port: 80, to: "192.168.1.211" }, { to: "192.168.1.210" }]);
    expect(relay.tcp.servers).toEqual([{ ports: "80", value: "192.168.1.211" }]);
    expect(relay.wholeAddress).toEqual({ to: "192.168.1.210", mark: "0x1000000", device: "wrap1" });
  });

  it("tell two homes with the same server address apart by their marks", () => {
    const { relay } = planOf(
      [
        { port: 80, to: "192.168.1.210", home: "haus" },
        { port: 81, to: "192.168.1.210", home: "hof" },
        { to: "192.168.1.210", home: "hof" },
      ],
      [first, second],
    );
    expect(relay.tcp.marks).toEqual([
      { ports: "80", value: "0x1000000" },
      { ports: "81", value: "0x2000000" },
    ]);
    expect(relay.wholeAddress).toMatchObject({ mark: "0x2000000", device: "wrap2" });
  });
});

describe("what a home's firewall admits", () => {
  it("is each server with its ports as it sees them", () => {
    expect(
      admitted(
        { port: 8080, to: "192.168.1.212:80" },
        { ports: "50000-50100", protocol: "both", to: "192.168.1.211" },
      ),
    ).toEqual([
      { to: "192.168.1.211", protocol: "tcp", ports: ["50000-50100"] },
      { to: "192.168.1.211", protocol: "udp", ports: ["50000-50100"] },
      { to: "192.168.1.212", protocol: "tcp", ports: ["80"] },
    ]);
  });

  it("is everything for the server of the whole address, its single ports not named again", () => {
    expect(admitted({ port: 443, to: "192.168.1.210" }, { to: "192.168.1.210" })).toEqual([
      { to: "192.168.1.210" },
    ]);
  });

  it("names a port once when two public ports lead to it", () => {
    expect(admitted({ port: 8080, to: "192.168.1.212:80" }, { port: 8081, to: "192.168.1.212:80" })).toEqual([
      { to: "192.168.1.212", protocol: "tcp", ports: ["80"] },
    ]);
  });

  it("names a port once when a range holds it already", () => {
    expect(
      admitted(
        { ports: "70-90", to: "192.168.1.212" },
        { port: 8080, to: "192.168.1.212:80" },
        { port: 91, to: "192.168.1.212" },
      ),
    ).toEqual([{ to: "192.168.1.212", protocol: "tcp", ports: ["70-90", "91"] }]);
  });

  it("is what leads to this home, not to another one with the same addresses", () => {
    const { homes } = planOf(
      [
        { port: 80, to: "192.168.1.210", home: "haus" },
        { port: 81, to: "192.168.1.210", home: "hof" },
      ],
      [first, second],
    );
    expect(homes.map(({ admitted }) => admitted)).toEqual([
      [{ to: "192.168.1.210", protocol: "tcp", ports: ["80"] }],
      [{ to: "192.168.1.210", protocol: "tcp", ports: ["81"] }],
    ]);
  });
});

describe("who starts connections through the relay", () => {
  it("is the server of the whole address, and of a port that says so", () => {
    const [only] = planOf([
      { to: "192.168.1.210" },
      { port: 81, to: "192.168.1.211", egress: "relay" },
      { port: 82, to: "192.168.1.211" },
      { port: 83, to: "192.168.1.212" },
    ]).relay.tunnels;
    expect(only?.servers).toEqual(["192.168.1.210", "192.168.1.211", "192.168.1.212"]);
    expect(only?.egressServers).toEqual(["192.168.1.210", "192.168.1.211"]);
  });
});

describe("a plan", () => {
  it("needs the facts of every home", () => {
    const spec = parseSpec({ homes: [home()], services: [{ to: "192.168.1.210" }] }).spec;
    expect(() => plan(spec, { relay, homes: {} })).toThrow(/no facts of home haus/);
  });
});
