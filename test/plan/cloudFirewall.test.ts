import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseOpenSpec, parseSpec } from "../../src/config/parse.ts";
import { cloudRules, lackingRules, neededCloudRules, ownCloudRules } from "../../src/plan/cloudFirewall.ts";
import { home } from "../config/examples.ts";
import { portRanges } from "./arbitraries.ts";

const relay = (change: object = {}) => ({ firewall: true, ...change });
const gre = home({ transport: "gre6" });
const wire = (name: string, wireguard: object) => home({ name, transport: "wireguard", wireguard });
const box = { name: "box", end: "none", transport: "socat" };

const rulesOf = (raw: object) => neededCloudRules(parseSpec(raw).spec);
/** `tcp 443 4`: protocol, port and whether IPv4, IPv6 or both may send. */
const short = (raw: object) =>
  rulesOf(raw).map(({ protocol, port, sources }) => {
    const families = sources.map((source) => ({ "0.0.0.0/0": "4", "::/0": "6" })[source] ?? source);
    return [protocol, ...(port === undefined ? [] : [port]), families.join("+")].join(" ");
  });

describe("the rules of a firewall in front of the relay", () => {
  it("let in SSH as the relay does, ICMP of both families, GRE once, and the services over IPv4", () => {
    const homes = [gre, home({ name: "hof", transport: "gre6" })];
    const services = [
      { home: "haus", port: 443, to: "192.168.1.210" },
      { home: "hof", port: 53, protocol: "both", to: "192.168.1.53" },
    ];
    expect(short({ relay: relay(), homes, services })).toEqual([
      ...["tcp 22 6", "icmp 4+6", "gre 6"],
      ...["tcp 53 4", "tcp 443 4", "udp 53 4"],
    ]);
  });

  it("let in SSH over IPv4 where the relay is managed so, and over IPv6 for homes that tell their prefix", () => {
    const management = { port: 2222, over: "ipv4" };
    const [ssh] = short({
      relay: relay({ management }),
      homes: [gre],
      services: [{ port: 1, to: "10.0.0.1" }],
    });
    expect(ssh).toBe("tcp 2222 4+6");
  });

  it("let in both paths of a home, whichever of them the port stands with", () => {
    const services = [{ port: 443, to: "192.168.1.210" }];
    for (const transport of [
      ["gre6", "wireguard"],
      ["wireguard", "gre6"],
    ]) {
      const raw = { relay: relay(), homes: [home({ transport, wireguard: { port: 51820 } })], services };
      expect(short(raw), transport.join()).toEqual([
        "tcp 22 6",
        "icmp 4+6",
        "gre 6",
        "udp 51820 4+6",
        "tcp 443 4",
      ]);
      const own = ownCloudRules(parseOpenSpec(raw).spec).flatMap(({ protocol, port }) =>
        protocol === "udp" ? [port] : [],
      );
      expect(own, transport.join()).toEqual(["51820", "52020"]);
    }
  });

  it("let in each WireGuard port over either family, and what a process takes", () => {
    const homes = [wire("haus", {}), wire("hof", { over: "ipv4", port: 51820 }), box];
    const services = [{ home: "box", ports: "5000-5010", protocol: "udp", to: "a.example" }];
    expect(short({ relay: relay(), homes, services })).toEqual([
      ...["tcp 22 6", "icmp 4+6", "udp 24642 4+6", "udp 51820 4+6", "udp 5000-5010 4"],
    ]);
  });

  it("let everything in that they have a word for where a service is the whole address", () => {
    const services = [{ port: 8080, to: "192.168.1.211" }, { to: "192.168.1.210" }];
    expect(short({ relay: relay(), homes: [gre], services })).toEqual([
      ...["tcp 22 6", "icmp 4+6", "gre 6", "tcp any 4", "udp any 4", "gre 4", "esp 4"],
    ]);
  });

  it("let in over IPv6, too, what is reachable at a server's own IPv6 address, by the server's own port", () => {
    const debian = { ...gre, end: "debian", ipv6: true };
    const services = [
      { port: 443, to: "192.168.1.210" },
      { port: 8080, to: "192.168.1.210:80" },
    ];
    expect(short({ relay: relay(), homes: [debian], services }).slice(3)).toEqual([
      ...["tcp 443 4+6", "tcp 8080 4", "tcp 80 6"],
    ]);
    const [, , , ...rest] = short({ relay: relay(), homes: [debian], services: [{ to: "192.168.1.210" }] });
    expect(rest).toEqual(["tcp any 4+6", "udp any 4+6", "gre 4+6", "esp 4+6"]);
  });

  it("take neighbouring ports for one range", () => {
    const ports = [80, 82, 81, 443].map((port) => ({ port, to: "192.168.1.210" }));
    const services = [...ports, { ports: "83-90", to: "192.168.1.211" }];
    expect(short({ relay: relay(), homes: [gre], services }).slice(3)).toEqual(["tcp 80-90 4", "tcp 443 4"]);
  });
});

describe("the relay's own firewall", () => {
  const services = [{ port: 443, to: "192.168.1.210" }];
  const own = (homes: object[]) =>
    ownCloudRules(parseOpenSpec({ relay: relay(), homes, services }).spec)
      .filter(({ description }) => description === "tunnels")
      .map(({ protocol, port, sources }) =>
        [protocol, port ?? "", sources.length].join(" ").replace("  ", " "),
      );

  it("lets in each tunnel that could be chosen or probed, whichever is in use, and one port for a home beside the next", () => {
    expect(own([gre])).toEqual(["gre 1", "udp 24642 2", "udp 24842 2"]);
    expect(own([wire("haus", {})])).toEqual(own([gre]));
    expect(own([home({ transport: "auto" })])).toEqual(own([gre]));
    expect(own([wire("haus", { port: 65500 })])).toEqual(["gre 1", "udp 65300 2", "udp 65500 2"]);
    const three = ["haus", "hof", "feld"].map((name) => home({ name, transport: "gre6" }));
    expect(
      ownCloudRules(
        parseOpenSpec({
          relay: relay(),
          homes: three,
          services: three.map(({ name }, index) => ({ home: name, port: 443 + index, to: "192.168.1.210" })),
        }).spec,
      ).map(({ port }) => port),
    ).toContain("24642-24644");
  });

  it("lets in no tunnel where none leads", () => {
    const to = [{ home: "box", port: 443, to: "a.example" }];
    const rules = ownCloudRules(parseOpenSpec({ relay: relay(), homes: [box], services: to }).spec);
    expect(rules.filter(({ description }) => description === "tunnels")).toEqual([]);
  });
});

describe("what rules lack", () => {
  const wanted = rulesOf({
    relay: relay(),
    homes: [gre],
    services: [{ ports: "80-90", to: "192.168.1.210" }],
  });

  it("is nothing where they are the wanted ones, in other words too", () => {
    expect(lackingRules(wanted, wanted)).toEqual([]);
    const others = wanted.filter(({ port }) => port !== "80-90");
    const tcp = (port: string) => ({ protocol: "tcp", port, sources: ["0.0.0.0/0", "::/0"] });
    expect(lackingRules(wanted, [...others, tcp("1-85"), tcp("86-100")])).toEqual([]);
    expect(lackingRules(wanted, [...others, tcp("any")])).toEqual([]);
    expect(lackingRules(wanted, [...others, tcp("1-85"), tcp("87-100")])).toMatchObject([{ port: "80-90" }]);
  });

  it("is told with the sources that are missing", () => {
    const icmp = { protocol: "icmp", port: null, sources: ["0.0.0.0/0"] };
    const others = wanted.filter(({ protocol }) => protocol !== "icmp");
    expect(lackingRules(wanted, [...others, icmp])).toMatchObject([{ protocol: "icmp", sources: ["::/0"] }]);
  });

  it("is each rule that is taken away, and no other", () => {
    fc.assert(
      fc.property(portRanges, fc.nat(), (ranges, pick) => {
        const services = ranges.map((ports) => ({ over: "ipv4", ports, protocols: ["tcp"] }) as const);
        const all = cloudRules({ management: { port: 22, over: "ipv6" }, outers: [], services });
        const gone = all[pick % all.length];
        expect(
          lackingRules(
            all,
            all.filter((rule) => rule !== gone),
          ),
        ).toEqual([gone]);
      }),
    );
  });
});
