import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { debianQuestion, readDebianHome, readDebianRelay } from "../../src/facts/debian.ts";
import type { Need } from "../../src/facts/need.ts";
import { refusal } from "../refusal.ts";

type Group = Record<string, unknown>;

const v4 = (local: string, prefixlen: number) => ({ family: "inet", local, prefixlen, scope: "global" });
const v6 = (local: string, prefixlen: number, more: Group = {}) => ({
  family: "inet6",
  local,
  prefixlen,
  scope: "global",
  ...more,
});
const linkLocal = { family: "inet6", local: "fe80::9c84:11ff:fe76:63b2", prefixlen: 64, scope: "link" };

/** `ip -json addr show`, shortened. */
const links = (...addresses: Group[]) => [
  {
    ifname: "lo",
    mtu: 65536,
    addr_info: [
      { family: "inet", local: "127.0.0.1", prefixlen: 8, scope: "host" },
      { family: "inet6", local: "::1", prefixlen: 128, scope: "host" },
    ],
  },
  { ifname: "ens3", mtu: 1492, addr_info: [...addresses, linkLocal] },
  { ifname: "docker0", mtu: 1500, addr_info: [v4("172.17.0.1", 16)] },
  { ifname: "wrap1", mtu: 1452, addr_info: [v4("169.254.46.1", 31)] },
];

const gateway4 = [{ dst: "default", gateway: "192.168.1.1", dev: "ens3", flags: [] }];
const gateway6 = [{ dst: "default", gateway: "fe80::1", dev: "ens3", protocol: "ra", metric: 1024 }];

function answer(
  addresses: Group[],
  more: { default4?: unknown; default6?: unknown; routes6?: unknown; mtu6?: string } = {},
) {
  const { default4 = gateway4, default6 = gateway6, routes6 = gateway6 } = more;
  return Object.entries({ addresses: links(...addresses), default4, default6, routes6 })
    .map(([name, value]) => `== ${name}\n${JSON.stringify(value)}\n`)
    .concat(`== mtu6\n${more.mtu6 ?? "all 1280\nens3 1492"}\n`)
    .join("");
}

const home = (output: string, need: Need = { prefix: "auto" }) => readDebianHome("hof", output, "auto", need);

const faultOf = (work: () => unknown) => refusal(work)[0];

describe("a Debian home's answer", () => {
  it("tells the prefix, the MTU of the line, and the machine's own addresses", () => {
    expect(home(answer([v4("192.168.1.20", 24), v6("2001:db8:3:4:5::6", 64)]))).toEqual({
      prefix: "2001:db8:3:4::/64",
      mtu: 1492,
      lan: { prefixes: ["192.168.1.20/24", "172.17.0.1/16"], device: "ens3", zone: "lan" },
      interfaces: [],
      addresses: ["192.168.1.20", "172.17.0.1"],
    });
  });

  it("takes the MTU that the router announces, where it is less than the network card's", () => {
    const own = [v4("192.168.1.20", 24), v6("2001:db8:3:4:5::6", 64)];
    expect(home(answer(own, { mtu6: "all 1280\nens3 1480\nlo 65536" })).mtu).toBe(1480);
  });

  it("with DHCPv6, one address of /128, takes the on-link route", () => {
    const routes6 = [
      { dst: "2001:db8:3:4:5::6", dev: "ens3", protocol: "kernel", metric: 256 },
      { dst: "2001:db8:9:9::/64", dev: "eth9", protocol: "ra" },
      { dst: "2001:db8:3:4::/64", dev: "ens3", protocol: "ra", metric: 1024 },
      { dst: "fe80::/64", dev: "ens3", protocol: "kernel" },
      ...gateway6,
    ];
    expect(home(answer([v6("2001:db8:3:4:5::6", 128)], { routes6 })).prefix).toBe("2001:db8:3:4::/64");
  });

  it("passes over a ULA, over what the router has withdrawn, and over our own endpoint", () => {
    const addresses = [
      v6("fd00:1::2", 64),
      v6("2001:db8:3:3::2", 64, { deprecated: true, preferred_life_time: 0 }),
      v6("2001:db8:3:3:231:201:224:144", 128),
      v6("2001:db8:3:4::2", 64, { temporary: true }),
    ];
    expect(home(answer(addresses)).prefix).toBe("2001:db8:3:4::/64");
  });

  it("leaves prefix and device to the config that writes them", () => {
    const output = answer([v4("192.168.1.20", 24)]);
    const lan = { prefix: "192.168.1.0/24", device: "br0" };
    expect(readDebianHome("hof", output, lan, { prefix: "2001:db8:7::/64" })).toMatchObject({
      prefix: "2001:db8:7::/64",
      lan: { device: "br0" },
    });
  });

  it("of a line without IPv6 is enough for a home that dials over IPv4: no prefix is asked for", () => {
    const output = answer([v4("192.168.1.20", 24)], { default6: [], routes6: [] });
    const facts = home(output, { dials: "ipv4" });
    expect(facts).toMatchObject({ mtu: 1492, addresses: ["192.168.1.20", "172.17.0.1"] });
    expect(facts).not.toHaveProperty("prefix");
  });

  it.each<[string, Need, RegExp]>([
    ["one that dials over IPv6", { dials: "ipv6" }, /wireguard: \{over: ipv4\}/],
    ["one that needs a prefix", { prefix: "auto" }, /transport: wireguard/],
  ])("of a line without IPv6 is refused for %s, with the cure", (_title, need, cure) => {
    const output = answer([v4("192.168.1.20", 24)], { default6: [], routes6: [] });
    expect(faultOf(() => home(output, need))).toMatchObject({
      key: "hof",
      cure: expect.stringMatching(cure),
    });
  });

  it.each([
    ["without an IPv6 default route", answer([v6("2001:db8::2", 64)], { default6: [] }), /accept_ra/],
    ["without a global prefix", answer([v6("fd00:1::2", 64)]), /give prefix/],
    ["without iproute2", "== addresses\n== default4\n== default6\n== routes6\n", /iproute2/],
  ])("%s is refused with the cure", (_title, output, cure) => {
    expect(faultOf(() => home(output))).toMatchObject({ key: "hof", cure: expect.stringMatching(cure) });
  });
});

describe("an own server's answer", () => {
  const public4 = v4("203.0.113.7", 32);
  const public6 = v6("2001:db8:1::1", 64);

  it("tells its public address, its prefix and the MTU of its line", () => {
    expect(readDebianRelay(answer([public4, public6]))).toEqual({
      ipv4: "203.0.113.7",
      prefix: "2001:db8:1::/64",
      mtu: 1492,
    });
  });

  it("takes the public address where a private one stands beside it", () => {
    expect(readDebianRelay(answer([v4("10.0.0.2", 24), public4, public6])).ipv4).toBe("203.0.113.7");
  });

  it.each([
    ["no IPv4 route", answer([public4, public6], { default4: [] })],
    ["no IPv6 route", answer([public4, public6], { default6: [] })],
    ["a private address only", answer([v4("10.0.0.2", 24), public6])],
    ["an address behind a provider's NAT only", answer([v4("100.64.3.4", 24), public6])],
  ])("with %s is refused with the cure", (_title, output) => {
    expect(faultOf(() => readDebianRelay(output))).toMatchObject({
      key: "relay",
      cure: expect.stringContaining("a relay needs both"),
    });
  });
});

describe("the question", () => {
  it("is answered by a real machine in the form that we read", () => {
    const script = `ip link set lo up
      ip link add eth0 type veth peer name far0
      ip link set eth0 mtu 1492 up
      ip link set far0 up
      ip addr add 203.0.113.20/24 dev eth0
      ip route add default via 203.0.113.1
      ip -6 addr add 2001:db8:3:4:5::6/128 dev eth0 nodad
      ip -6 route add 2001:db8:3:4::/64 dev eth0
      ip -6 route add default via fe80::1 dev eth0
      ${debianQuestion}`;
    const output = execFileSync("unshare", ["-n", "sh", "-c", script], { encoding: "utf8" });
    expect(readDebianRelay(output)).toEqual({ ipv4: "203.0.113.20", prefix: "2001:db8:3:4::/64", mtu: 1492 });
    expect(home(output)).toMatchObject({ addresses: ["203.0.113.20"], lan: { device: "eth0" } });
  });
});
