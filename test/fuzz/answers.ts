import fc from "fast-check";
import { hostileText, type Mutation, mutated, mutations } from "./hostile.ts";

/** An answer of a machine in the form of src/facts/sections.ts. */
const answer = (parts: Readonly<Record<string, unknown>>): string =>
  Object.entries(parts)
    .map(
      ([name, value]) => `== ${name}\n${typeof value === "string" ? value : (JSON.stringify(value) ?? "")}\n`,
    )
    .join("");

const mtu = fc.constantFrom(1500, 1492, 1400, 1280);
const deviceName = fc.oneof(
  { weight: 20, arbitrary: fc.constantFrom("br-lan", "eth0", "lan0.10", "br-lan@eth0") },
  { weight: 1, arbitrary: hostileText },
);

const openwrtAnswer = (number: number) =>
  fc
    .record({
      mtu,
      device: deviceName,
      zone: fc.oneof(
        { weight: 12, arbitrary: fc.constantFrom("lan", "inside") },
        { weight: 1, arbitrary: hostileText },
      ),
    })
    .map(({ mtu, device, zone }) => ({
      dump: {
        interface: [
          {
            interface: "lan",
            l3_device: device,
            "ipv4-address": [
              { address: "192.168.1.1", mask: 24 },
              { address: "10.0.0.1", mask: 24 },
            ],
            "ipv6-prefix-assignment": [{ address: `2a02:${number}ff::`, mask: 64, preferred: 100 }],
          },
          {
            interface: "wan6",
            l3_device: "eth1",
            "ipv6-prefix": [{ address: `2a02:${number}ff::`, mask: 56 }],
          },
        ],
      },
      zones: `firewall.@zone[0]=zone\nfirewall.@zone[0].name='${zone}'\nfirewall.@zone[0].network='lan'\n`,
      mtu: `${device} ${mtu}\neth1 ${mtu}\n`,
    }));

const debianAnswer = (address: string, prefix: string, inner: readonly string[] = []) =>
  fc.record({ mtu, device: deviceName }).map(({ mtu, device }) => ({
    addresses: [
      {
        ifname: device,
        mtu,
        addr_info: [
          ...[address, ...inner].map((local) => ({ family: "inet", local, prefixlen: 24, scope: "global" })),
          { family: "inet6", local: prefix, prefixlen: 64, scope: "global" },
        ],
      },
    ],
    default4: [{ dst: "default", dev: device }],
    default6: [{ dst: "default", dev: device }],
    routes6: [],
  }));

/** A machine's answer with parts of it changed, both as values and as text. */
function distorted(right: fc.Arbitrary<Record<string, unknown>>): fc.Arbitrary<string> {
  const changes = fc.oneof(
    { weight: 5, arbitrary: fc.constant<Mutation[]>([]) },
    { weight: 1, arbitrary: mutations },
  );
  const cut = fc.oneof(
    { weight: 12, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.tuple(fc.nat(), fc.nat(40), hostileText) },
  );
  return fc.tuple(right, changes, cut).map(([parts, changes, cut]) => {
    const told = changes.reduce<unknown>((tree, change: Mutation) => mutated(tree, change), parts);
    const text = typeof told === "object" && told !== null ? answerOf(told) : String(told);
    if (cut === undefined) return text;
    const [place, length, put] = cut;
    const at = place % (text.length + 1);
    return text.slice(0, at) + put + text.slice(at + length);
  });
}

/** JSON knows no big integers. */
function answerOf(told: object): string {
  const plain = Object.entries(told).map(([name, value]): [string, unknown] => [
    name,
    typeof value === "string"
      ? value
      : (JSON.stringify(value, (_key, part) => (typeof part === "bigint" ? String(part) : part)) ?? ""),
  ]);
  return answer(Object.fromEntries(plain));
}

/** What all machines say: one answer of each kind for every home that there may be, and the relay's. */
export interface Answers {
  /** By the home's number: what it says if it is a router, and if it is a server. */
  homes: readonly { openwrt: string; debian: string }[];
  /** What an own server says. */
  relay: string;
  /** What the cloud says. */
  cloud: { ipv4: string; prefix: string };
}

/** Answers of four homes and a relay, most of them right. */
export const anyAnswers: fc.Arbitrary<Answers> = fc.record({
  homes: fc.tuple(
    ...[1, 2, 3, 4].map((number) =>
      fc.record({
        openwrt: distorted(openwrtAnswer(number)),
        debian: distorted(
          debianAnswer("192.168.1.210", `2a02:${number}ff::210`, ["192.168.1.211", "192.168.1.7"]),
        ),
      }),
    ),
  ),
  relay: distorted(debianAnswer("198.51.100.1", "2001:db8:ffff::1")),
  cloud: fc.record({
    ipv4: fc.oneof({ weight: 8, arbitrary: fc.ipV4() }, { weight: 1, arbitrary: hostileText }),
    prefix: fc.oneof(
      { weight: 8, arbitrary: fc.constant("2a01:4f8:1:2::/64") },
      { weight: 1, arbitrary: hostileText },
    ),
  }),
});
