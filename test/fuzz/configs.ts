import fc from "fast-check";
import { stringify } from "yaml";
import { tunnelKinds } from "../../src/transports/index.ts";
import { HOST_KEY } from "../config/examples.ts";
import { portRanges } from "../plan/arbitraries.ts";
import { hostileText, type Mutation, mutated, mutations } from "./hostile.ts";

const servers = ["192.168.1.210", "192.168.1.211", "192.168.1.7"] as const;
/** What services of one server say of its egress has to agree; the third leaves it to the default. */
const egressOf: Record<string, object> = {
  "192.168.1.210": { egress: "relay" },
  "192.168.1.211": { egress: "replies" },
};

const ssh = fc.record(
  {
    host: fc.constantFrom("192.168.1.1", "router.lan", "fe80::1%br-lan", "2001:db8::1"),
    hostKey: fc.constant(HOST_KEY),
    user: fc.constantFrom("root", "admin"),
    port: fc.constantFrom(22, 2222),
    key: fc.oneof(
      { weight: 9, arbitrary: fc.constant("~/.ssh/id_ed25519") },
      { weight: 1, arbitrary: hostileText },
    ),
  },
  { requiredKeys: ["host", "hostKey"] },
);

const relay = fc.oneof(
  fc.constant(undefined),
  fc.record(
    {
      provider: fc.constant("hcloud"),
      location: fc.constantFrom("fsn1", "nbg1"),
      serverType: fc.constantFrom("cheapest", "cx23"),
      image: fc.constant("debian-13"),
      key: fc.constant("~/.ssh/id_ed25519"),
      keepAddress: fc.boolean(),
      firewall: fc.boolean(),
      management: fc.record(
        { port: fc.constantFrom(22, 2200), over: fc.constantFrom("ipv4", "ipv6") },
        { requiredKeys: [] },
      ),
    },
    { requiredKeys: [] },
  ),
  fc.record({
    provider: fc.constant("existing"),
    host: fc.constant("relay.example.org"),
    hostKey: fc.constant(HOST_KEY),
  }),
);

const home = fc.record(
  {
    end: fc.constantFrom("openwrt", "debian", "manual"),
    ssh,
    own: fc.boolean(),
    transport: fc.constantFrom(...tunnelKinds),
    lan: fc.constantFrom("auto", { prefix: "192.168.1.0/24", device: "br-lan" }),
  },
  { requiredKeys: ["end", "ssh", "own"] },
);

/** A config that means something: the parser takes nearly all of them. */
export const rightConfig = fc
  .record({
    relay,
    homes: fc.array(home, { minLength: 1, maxLength: 4 }),
    names: fc.uniqueArray(fc.stringMatching(/^[a-z][a-z0-9-]{0,14}$/), { minLength: 4, maxLength: 4 }),
    ranges: portRanges,
    words: fc.array(fc.stringMatching(/^[a-zß字0-9][a-zß字0-9 ._-]{0,29}$/), { maxLength: 3 }),
    picks: fc.array(fc.nat(1000), { minLength: 8, maxLength: 8 }),
    whole: fc.boolean(),
  })
  .map(({ relay, homes, names, ranges, words, picks, whole }) => {
    let turn = 0;
    const pick = <T>(from: readonly T[]): T => from[(picks[turn++ % picks.length] ?? 0) % from.length] as T;
    const used = names.slice(0, homes.length);
    const services = ranges.map(({ first, last }, index) => {
      const to = pick(servers);
      const name = words[index];
      return {
        home: pick(used),
        protocol: pick(["tcp", "udp", "both"]),
        ...egressOf[to],
        ...(name === undefined ? {} : { name, rate: 1 + index }),
        ...(pick([true, false])
          ? { ports: `${first}-${last}`, to }
          : { port: first, to: `${to}${pick(["", ":80", ":8080"])}` }),
      };
    });
    return {
      ...(relay === undefined ? {} : { relay }),
      homes: homes.map(({ end, ssh, own, lan, transport }, index) => ({
        name: used[index],
        end,
        ...(end === "manual" ? {} : { ssh }),
        ...(own || end === "manual" ? { prefix: `2a02:${(index + 1).toString(16)}::/56` } : {}),
        ...(lan === undefined ? {} : { lan }),
        ...(transport === undefined ? {} : { transport }),
      })),
      services: [
        ...services,
        ...(whole || services.length === 0 ? [{ to: servers[0], home: pick(used) }] : []),
      ],
    };
  });

/** A config that somebody may write, by mistake or to do harm. */
export const anyConfig: fc.Arbitrary<unknown> = fc
  .tuple(rightConfig, mutations)
  .map(([right, changes]) =>
    changes.reduce<unknown>((tree, change: Mutation) => mutated(tree, change), right),
  );

/** The same as text, with some of its bytes gone or others put in. */
export const anyConfigText: fc.Arbitrary<string> = fc
  .tuple(rightConfig, fc.array(fc.tuple(fc.nat(), fc.nat(6), hostileText), { maxLength: 3 }))
  .map(([right, cuts]) =>
    cuts.reduce((text, [place, length, put]) => {
      const at = place % (text.length + 1);
      return text.slice(0, at) + put + text.slice(at + length);
    }, stringify(right)),
  );
