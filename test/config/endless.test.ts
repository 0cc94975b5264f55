import { describe, expect, it } from "vitest";
import { parseSpec } from "../../src/config/parse.ts";
import { faultsOf, home } from "./examples.ts";

const box = { name: "box", end: "none", transport: "proxy" };
const servicesOf = (...services: unknown[]) => parseSpec({ homes: [box], services }).spec.services;

describe("a home without an end", () => {
  it("has a name and a transport, and nothing else", () => {
    const { spec } = parseSpec({ homes: [box], services: [{ port: 443, to: "2001:db8:4::210" }] });
    expect(spec.homes).toEqual([box]);
    const keys = ["ssh", "prefix", "lan", "follow", "wireguard"];
    for (const key of keys) {
      const [fault, ...more] = faultsOf({
        homes: [{ ...box, [key]: "x" }],
        services: [{ port: 443, to: "a.example" }],
      });
      expect([fault?.key, more]).toEqual([`homes[0].${key}`, []]);
      expect(fault?.problem).toBe("is not known beside this `end`");
    }
  });

  it("has a transport that is a process, and other homes have none of these", () => {
    expect(
      faultsOf({ homes: [{ ...box, transport: "ipip6" }], services: [{ port: 443, to: "a.example" }] }),
    ).toMatchObject([{ key: "homes[0].transport", problem: "is none of proxy, socat" }]);
    expect(
      faultsOf({ homes: [{ name: "box", end: "none" }], services: [{ port: 443, to: "a.example" }] }),
    ).toMatchObject([
      { key: "homes[0].transport", problem: "is missing", cure: "write one of proxy, socat" },
    ]);
    expect(
      faultsOf({ homes: [home({ transport: "proxy" })], services: [{ port: 443, to: "192.168.1.210" }] }),
    ).toMatchObject([
      { key: "homes[0].transport", value: "proxy", cure: expect.stringMatching(/`end: none`/) },
    ]);
  });

  it("is told for one whose `end` is missing", () => {
    const [fault, ...more] = faultsOf({
      homes: [{ name: "box", transport: "socat" }],
      services: [{ port: 443, to: "a.example" }],
    });
    expect(fault).toMatchObject({ key: "homes[0].end", cure: "write one of openwrt, debian, manual, none" });
    expect(more).toEqual([]);
  });
});

describe("a service of such a home", () => {
  it.each([
    ["2001:DB8:4:0::210", { to: "2001:db8:4::210" }],
    ["[2001:db8:4::210]", { to: "2001:db8:4::210" }],
    ["[2001:db8:4::210]:8443", { to: "2001:db8:4::210", toPort: 8443 }],
    ["[2001:db8:4::210]:443", { to: "2001:db8:4::210" }],
    ["Mail.Box.example", { to: "mail.box.example" }],
    ["mail.box.example:25", { to: "mail.box.example", toPort: 25 }],
  ])("leads to %s", (to, expected) => {
    expect(servicesOf({ port: 443, to })).toEqual([
      {
        kind: "relayed",
        home: "box",
        ports: { first: 443, last: 443 },
        protocols: ["tcp"],
        proxyProtocol: false,
        ...expected,
      },
    ]);
  });

  it("keeps its range, rate, name and what it says of the PROXY protocol", () => {
    const rest = { rate: 20, name: "spiel", proxyProtocol: true };
    expect(servicesOf({ ports: "5000-5010", to: "a.example", ...rest })).toEqual([
      {
        kind: "relayed",
        home: "box",
        to: "a.example",
        ports: { first: 5000, last: 5010 },
        protocols: ["tcp"],
        ...rest,
      },
    ]);
  });

  it("stands beside those of homes with a tunnel, and shares no port with them", () => {
    const homes = [home(), box];
    const mine = { home: "haus", port: 443, to: "192.168.1.210" };
    const theirs = { home: "box", port: 443, to: "2001:db8:4::210" };
    expect(faultsOf({ homes, services: [mine, theirs] })).toMatchObject([
      { key: "services[1].port", problem: "takes tcp 443, which services[0] has already" },
    ]);
    const { spec } = parseSpec({ homes, services: [mine, { ...theirs, port: 8443 }] });
    expect(spec.services.map(({ kind }) => kind)).toEqual(["ports", "relayed"]);
  });
});
