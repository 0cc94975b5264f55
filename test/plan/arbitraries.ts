import fc from "fast-check";
import { parseSpec } from "../../src/config/parse.ts";
import type { Spec } from "../../src/config/spec.ts";
import type { Facts } from "../../src/facts/facts.ts";
import { type TunnelKind, tunnelKinds } from "../../src/transports/index.ts";

const HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";

/** A public IPv4 address: every first octet that is neither private, local, multicast nor reserved. */
export const publicIpv4 = fc
  .tuple(fc.integer({ min: 1, max: 223 }), fc.nat(255), fc.nat(255), fc.nat(255))
  .filter(([a, b]) => ![10, 100, 127, 169, 172, 192, 198].includes(a) && b < 256)
  .map((octets) => octets.join("."));

/** A global prefix of any length that an endpoint can be derived from; some with bits after the prefix. */
export const globalPrefix = fc
  .tuple(
    fc.integer({ min: 0x2000, max: 0x3fff }),
    fc.array(fc.nat(0xffff), { minLength: 3, maxLength: 3 }),
    fc.integer({ min: 48, max: 64 }),
  )
  .map(
    ([first, rest, length]) => `${[first, ...rest].map((part) => part.toString(16)).join(":")}::/${length}`,
  );

const servers = ["192.168.1.210", "192.168.1.211", "192.168.1.212"];
/** What services of one server say of its egress has to agree; the third leaves it to the default. */
const egressOf: Record<string, object> = {
  "192.168.1.210": { egress: "relay" },
  "192.168.1.211": { egress: "replies" },
};
const lineMtu = fc.constantFrom(1500, 1492, 1480, 1400);
/** How a home that we can log in to is reached; the others know ipip6 only. */
const transport = fc.constantFrom<TunnelKind | TunnelKind[]>(
  ...tunnelKinds,
  ["ipip6", "wireguard"],
  ["wireguard", "gre6"],
);
const end = fc.constantFrom("openwrt", "debian", "manual");

/** Disjoint ranges of public ports above the one of SSH, so that no two services claim the same. */
export const portRanges = fc
  .uniqueArray(fc.integer({ min: 1024, max: 65535 }), { minLength: 2, maxLength: 16 })
  .map((ports) => ports.toSorted((a, b) => a - b))
  .map((ports) =>
    ports.flatMap((first, index) => {
      const next = ports[index + 1];
      return index % 2 === 1 || next === undefined ? [] : [{ first, last: next }];
    }),
  );

/** A port below those of the services. */
function reached(transport: TunnelKind | TunnelKind[], index: number): object {
  return [transport].flat().includes("wireguard")
    ? { transport, wireguard: { over: index % 2 === 0 ? "ipv6" : "ipv4", port: 200 + index } }
    : { transport };
}

/** A Spec that the parser accepts, and facts of all of its ends. */
export const specAndFacts: fc.Arbitrary<{ spec: Spec; facts: Facts }> = fc
  .record({
    relay: fc.record({ ipv4: publicIpv4, mtu: lineMtu, over: fc.constantFrom("ipv4", "ipv6") }),
    homes: fc.array(fc.record({ end, transport, mtu: lineMtu, length: fc.integer({ min: 48, max: 64 }) }), {
      minLength: 1,
      maxLength: 4,
    }),
    ranges: portRanges,
    picks: fc.infiniteStream(fc.nat(1000)),
    whole: fc.boolean(),
  })
  .map(({ relay, homes, ranges, picks, whole }) => {
    const pick = <T>(from: readonly T[]): T => from[(picks.next().value ?? 0) % from.length] as T;
    const names = homes.map((_, index) => `home${index + 1}`);
    const prefixOf = (index: number, length: number) => `2001:db8:${(index + 1).toString(16)}::/${length}`;
    const services = ranges.map(({ first, last }) => {
      const server = pick(servers);
      return {
        home: pick(names),
        protocol: pick(["tcp", "udp", "both"]),
        ...egressOf[server],
        ...(pick([true, false])
          ? { ports: `${first}-${last}`, to: server }
          : { port: first, to: `${server}${pick(["", ":80", ":8080"])}` }),
      };
    });
    const { spec } = parseSpec({
      relay: { management: { over: relay.over } },
      homes: homes.map(({ end, transport, length }, index) => ({
        name: names[index],
        end,
        ...(end === "debian" ? { ipv6: index % 2 === 0 } : {}),
        prefix: prefixOf(index, length),
        ...(end === "manual"
          ? {}
          : { ...reached(transport, index), ssh: { host: "192.168.1.1", hostKey: HOST_KEY } }),
      })),
      services: [...services, ...(whole ? [{ to: "192.168.1.210", home: pick(names) }] : [])],
    });
    return {
      spec,
      facts: {
        relay: { ipv4: relay.ipv4, prefix: "2001:db8:ffff::/64", mtu: relay.mtu },
        homes: Object.fromEntries(
          homes.map(({ mtu, length }, index) => [
            names[index],
            {
              prefix: prefixOf(index, length),
              mtu,
              lan: { prefixes: ["192.168.1.0/24"], device: "br-lan", zone: "lan" },
              interfaces: ["lan", "wan6"],
              addresses: servers,
            },
          ]),
        ),
      },
    };
  });
