import { describe, expect, it } from "vitest";
import type { Need } from "../../src/facts/need.ts";
import { openwrtQuestion, readOpenwrt } from "../../src/facts/openwrt.ts";
import { refusal } from "../refusal.ts";

type Group = Record<string, unknown>;

const ula = {
  address: "fd51:4f91:c59d::",
  mask: 60,
  "local-address": { address: "fd51:4f91:c59d::1", mask: 60 },
};
const delegated = {
  address: "2001:db8:aa:d0::",
  mask: 60,
  preferred: 3420,
  valid: 7020,
  "local-address": { address: "2001:db8:aa:d0::1", mask: 60 },
};

/** `ubus call network.interface dump` of a PPPoE line with DS-Lite, as netifd prints it, shortened. */
const interfaces = (lan: Group = {}) => [
  {
    interface: "lan",
    up: true,
    l3_device: "br-lan",
    proto: "static",
    device: "br-lan",
    "ipv4-address": [{ address: "192.168.1.1", mask: 24 }],
    "ipv6-address": [],
    "ipv6-prefix": [],
    "ipv6-prefix-assignment": [ula, delegated],
    ...lan,
  },
  {
    interface: "loopback",
    up: true,
    l3_device: "lo",
    proto: "static",
    "ipv4-address": [{ address: "127.0.0.1", mask: 8 }],
    "ipv6-prefix": [],
    "ipv6-prefix-assignment": [],
  },
  { interface: "guest", up: false, proto: "static", device: "br-guest" },
  {
    interface: "wan",
    up: true,
    l3_device: "pppoe-wan",
    proto: "pppoe",
    device: "eth1",
    "ipv4-address": [],
    "ipv6-address": [{ address: "fe80::1", mask: 128 }],
    "ipv6-prefix": [],
    "ipv6-prefix-assignment": [],
  },
  {
    interface: "wan_6",
    up: true,
    dynamic: true,
    l3_device: "pppoe-wan",
    proto: "dhcpv6",
    "ipv4-address": [],
    "ipv6-prefix": [{ address: "2001:db8:aa:d0::", mask: 56, preferred: 3420, valid: 7020, class: "wan_6" }],
    "ipv6-prefix-assignment": [],
  },
];

const zones = `firewall.@defaults[0]=defaults
firewall.@zone[0]=zone
firewall.@zone[0].name='inside'
firewall.@zone[0].network='lan' 'guest'
firewall.@zone[1]=zone
firewall.@zone[1].name='wan'
firewall.@zone[1].network='wan' 'wan6'
`;
const mtus = "br-lan 1500\neth1 1500\nlo 65536\npppoe-wan 1492\n";

const answer = (lan: Group = {}, all: Group[] = interfaces(lan), mtu6 = "all 1280\npppoe-wan 1492\n") =>
  `== dump\n${JSON.stringify({ interface: all }, undefined, "\t")}\n== zones\n${zones}== mtu\n${mtus}== mtu6\n${mtu6}`;

const read = (output: string, need: Need = { prefix: "auto" }) => readOpenwrt("haus", output, "auto", need);

const faultOf = (output: string, need?: Need) => refusal(() => read(output, need))[0];

describe("an OpenWrt router's answer", () => {
  it("tells all that the plan needs, the MTU of PPPoE with it", () => {
    expect(read(answer())).toEqual({
      prefix: "2001:db8:aa:d0::/60",
      mtu: 1492,
      lan: { prefixes: ["192.168.1.1/24"], device: "br-lan", zone: "inside" },
      interfaces: ["lan", "wan_6"],
      addresses: ["192.168.1.1", "127.0.0.1"],
    });
  });

  it("takes the MTU that the provider announces, behind a modem that dials", () => {
    expect(read(answer({}, undefined, "all 1280\npppoe-wan 1480\n")).mtu).toBe(1480);
  });

  it.each([
    ["2001:db8:aa:d0::", 64, "2001:db8:aa:d0::/64"],
    ["2001:db8:aa::", 56, "2001:db8:aa::/56"],
  ])("takes the LAN's part %s/%i of what is delegated", (address, mask, prefix) => {
    expect(read(answer({ "ipv6-prefix-assignment": [ula, { address, mask }] })).prefix).toBe(prefix);
  });

  it("passes over a prefix that the provider has withdrawn", () => {
    const old = { ...delegated, address: "2001:db8:bb::", preferred: 0 };
    expect(read(answer({ "ipv6-prefix-assignment": [old, ula, delegated] })).prefix).toBe(
      "2001:db8:aa:d0::/60",
    );
  });

  it("leaves the prefix to the config that writes one", () => {
    const withoutPrefix = answer({ "ipv6-prefix-assignment": [ula] });
    expect(read(withoutPrefix, { prefix: "2001:db8:9::/64" }).prefix).toBe("2001:db8:9::/64");
  });

  it("leaves the LAN to the config that writes one", () => {
    const lan = { prefix: "192.168.7.0/24", device: "br-iot" };
    const iot = { interface: "iot", up: true, l3_device: "br-iot", "ipv6-prefix-assignment": [delegated] };
    const facts = readOpenwrt("haus", answer({}, [...interfaces(), iot]), lan, { prefix: "auto" });
    expect(facts.lan).toEqual({ prefixes: ["192.168.7.0/24"], device: "br-iot", zone: "lan" });
    expect(facts.interfaces).toEqual(["iot", "wan_6"]);
  });

  it("is taken with 1500 bytes where no line with a delegation is up", () => {
    const [lan] = interfaces();
    expect(read(answer({}, [lan as Group]))).toMatchObject({ mtu: 1500, interfaces: ["lan"] });
  });

  /** A line behind CGNAT without any IPv6. */
  const cgnat = () => {
    const [lan, loopback] = interfaces({ "ipv6-prefix-assignment": [ula] });
    const wan = {
      interface: "wan",
      up: true,
      l3_device: "pppoe-wan",
      "ipv4-address": [{ address: "100.64.3.4", mask: 10 }],
      route: [{ target: "0.0.0.0", mask: 0, nexthop: "100.64.0.1", source: "100.64.3.4/32" }],
    };
    return answer({}, [lan as Group, loopback as Group, wan]);
  };

  it("of a line without IPv6 is enough for a home that dials over IPv4: no prefix is asked for", () => {
    const facts = read(cgnat(), { dials: "ipv4" });
    expect(facts).toEqual({
      mtu: 1492,
      lan: { prefixes: ["192.168.1.1/24"], device: "br-lan", zone: "inside" },
      interfaces: ["lan", "wan"],
      addresses: ["192.168.1.1", "127.0.0.1", "100.64.3.4"],
    });
  });

  it.each<[string, Need, string]>([
    ["one that dials over IPv6", { dials: "ipv6" }, "wireguard: {over: ipv4}"],
    ["one that needs a prefix", { prefix: "auto" }, "transport: wireguard"],
  ])("of a line without IPv6 is refused for %s, with the cure", (_title, need, cure) => {
    expect(faultOf(cgnat(), need)).toMatchObject({ key: "haus", cure: expect.stringContaining(cure) });
  });

  it("of a home that dials over IPv6 needs no delegated prefix", () => {
    const [lan, loopback, guest, wan] = interfaces();
    const wan6 = {
      interface: "wan6",
      l3_device: "eth1",
      route: [{ target: "::", mask: 0, nexthop: "fe80::2" }],
    };
    const facts = read(answer({}, [lan, loopback, guest, wan, wan6] as Group[]), { dials: "ipv6" });
    expect(facts).toMatchObject({ mtu: 1500, interfaces: ["lan", "wan6"] });
  });

  it.each([
    ["only a ULA", { "ipv6-prefix-assignment": [ula] }],
    ["nothing", { "ipv6-prefix-assignment": [] }],
  ])("with %s on the LAN is refused with the cure", (_title, lan) => {
    expect(faultOf(answer(lan))).toMatchObject({
      key: "haus",
      problem: "no global IPv6 prefix is assigned to lan",
      cure: expect.stringContaining("ip6assign"),
    });
  });

  it("without a LAN is refused with the interfaces that there are", () => {
    expect(faultOf(answer({}, interfaces().slice(1)))).toMatchObject({
      key: "haus",
      value: ["loopback", "guest", "wan", "wan_6"],
      cure: expect.stringContaining("lan: {prefix:"),
    });
  });

  it("with the LAN down is refused as well", () => {
    expect(faultOf(answer({ up: false, l3_device: undefined }))?.problem).toContain("no interface lan");
  });

  it("of a machine that is no OpenWrt is refused with the other ends", () => {
    expect(faultOf("== dump\n== zones\n== mtu\nlo 65536\n")).toMatchObject({
      key: "haus",
      cure: expect.stringMatching(/end: debian/),
    });
  });

  it("is asked for with nothing that OpenWrt's busybox lacks", () => {
    expect(openwrtQuestion).not.toMatch(/\b(stat|base64|timeout|ip -j|ip -d)\b/);
  });
});
