import fc from "fast-check";
import { Address4 } from "ip-address";
import { describe, expect, it } from "vitest";
import { atEndpoint, endedHomes, pathsOf } from "../../src/config/homes.ts";
import type { Spec } from "../../src/config/spec.ts";
import type { Facts } from "../../src/facts/facts.ts";
import { type Plan, plan, tunnelsOf } from "../../src/plan/index.ts";
import { transports } from "../../src/transports/index.ts";
import { specAndFacts } from "./arbitraries.ts";

/** Holds for every Spec that the parser accepts. */
function always(property: (plan: Plan, spec: Spec, facts: Facts) => void): void {
  fc.assert(
    fc.property(specAndFacts, ({ spec, facts }) => {
      property(plan(spec, facts), spec, facts);
    }),
    { numRuns: 200 },
  );
}

const distinct = (values: readonly unknown[]) => expect(new Set(values).size).toBe(values.length);

/** Ports of a map's entries, one by one would be too many: as pairs. */
const range = (text: string) => {
  const [first = 0, last = first] = text.split("-").map(Number);
  return { first, last };
};

describe("a plan", () => {
  it("gives each home a device, table, zone, marks and priorities of its own", () => {
    always(({ homes }) => {
      const tunnels = homes.map(({ tunnel }) => tunnel);
      distinct(tunnels.map(({ device }) => device));
      distinct(tunnels.map(({ table }) => table));
      distinct(tunnels.map(({ zone }) => zone));
      distinct(tunnels.flatMap(({ marks }) => [marks.into.value, marks.outOf.value]));
      distinct(tunnels.flatMap(({ priorities }) => [priorities.into, priorities.outOf]));
    });
  });

  it("gives each tunnel an inner /31 of its own, link-local", () => {
    always(({ relay: { tunnels } }) => {
      distinct(tunnels.flatMap(({ inner }) => [inner.relay, inner.home]));
      for (const { inner } of tunnels) {
        expect(new Address4(inner.home).isInSubnet(new Address4(`${inner.relay}/31`))).toBe(true);
        expect(new Address4(inner.relay).isInSubnet(new Address4("169.254.0.0/16"))).toBe(true);
      }
    });
  });

  it("stays below the priorities of main and of OpenWrt's own rules", () => {
    always(({ relay, homes }) => {
      const priorities = [
        ...relay.tunnels.flatMap((tunnel) => Object.values(tunnel.priorities)),
        ...homes.flatMap((home) => Object.values(home.priorities)),
      ];
      for (const priority of priorities) expect(priority).toBeLessThan(10_000);
    });
  });

  it("asks at home for the LAN first, then for what is marked, then for the servers", () => {
    always(({ homes }) => {
      for (const { priorities } of homes) {
        expect(priorities.lan).toBeLessThan(priorities.replies);
        expect(priorities.replies).toBeLessThan(priorities.egress);
      }
    });
  });

  it("gives both ends one tunnel, so that they agree", () => {
    always(({ relay, homes }) => {
      expect(homes.flatMap(tunnelsOf)).toEqual(relay.tunnels);
      for (const { relayEndpoint } of relay.tunnels) expect(relayEndpoint).toBe(relay.endpoint);
    });
  });

  it("has no two ends at one endpoint", () => {
    always(({ relay }) => {
      const homes = relay.tunnels.flatMap((each) => (each.knownBy === "endpoint" ? [each.homeEndpoint] : []));
      distinct([relay.endpoint, ...homes]);
    });
  });

  it("needs no prefix of a home that dials", () => {
    always((planned, spec, facts) => {
      const homes = Object.entries(facts.homes).map(([name, { prefix, ...known }]) => {
        const dials = endedHomes(spec).some((home) => home.name === name && atEndpoint(home) === undefined);
        return [name, dials ? known : { ...known, prefix }];
      });
      expect(plan(spec, { ...facts, homes: Object.fromEntries(homes) })).toEqual(planned);
    });
  });

  it("keeps the packet in the narrower of the two lines", () => {
    always(({ relay }, spec, facts) => {
      for (const { home, transport, mtu, mss } of relay.tunnels) {
        const paths = endedHomes(spec)
          .filter(({ name }) => name === home)
          .flatMap(pathsOf);
        const known = paths.find((path) => path.transport === transport) ?? {};
        expect(mtu + transports[transport].overhead(known)).toBe(
          Math.min(facts.relay.mtu, facts.homes[home]?.mtu ?? 0),
        );
        const mtus = relay.tunnels.filter((each) => each.home === home).map((each) => each.mtu);
        expect(mss + 40).toBe(Math.min(...mtus));
      }
    });
  });

  it("leads every declared port to its server, and no other", () => {
    always(({ relay }, spec) => {
      for (const protocol of ["tcp", "udp"] as const) {
        const { marks, servers, translated } = relay[protocol];
        const declared = spec.services.flatMap((service) =>
          service.kind === "ports" && service.protocols.includes(protocol) ? [service] : [],
        );
        const mapped = [...servers, ...translated];
        expect(marks.map(({ ports }) => ports).toSorted()).toEqual(
          mapped.map(({ ports }) => ports).toSorted(),
        );
        expect(mapped).toHaveLength(declared.length);
        for (const { ports, to, toPort, home } of declared) {
          const own = (entry: { ports: string }) => range(entry.ports).first === ports.first;
          expect(mapped.find(own)?.value).toBe(toPort === undefined ? to : `${to} . ${toPort}`);
          const tunnel = relay.tunnels.find((each) => each.home === home);
          expect(marks.find(own)?.value).toBe(tunnel?.marks.into.value);
        }
      }
    });
  });

  it("has no overlap in a map: nft refuses one", () => {
    always(({ relay }) => {
      for (const { marks } of [relay.tcp, relay.udp]) {
        const ranges = marks.map(({ ports }) => range(ports));
        ranges
          .slice(1)
          .forEach((next, index) => expect(next.first).toBeGreaterThan(ranges[index]?.last ?? 0));
      }
    });
  });

  it("admits at home exactly what leads there, and no port twice", () => {
    always(({ homes }, spec) => {
      for (const { name, admitted } of homes) {
        const own = spec.services.filter((service) => service.home === name);
        expect(new Set(admitted.map(({ to }) => to))).toEqual(new Set(own.map(({ to }) => to)));
        distinct(admitted.map(({ to, protocol }) => `${to} ${protocol}`));
        for (const { ports = [] } of admitted) {
          const ranges = ports.map(range);
          ranges
            .slice(1)
            .forEach((next, index) => expect(next.first).toBeGreaterThan(ranges[index]?.last ?? 0));
        }
        for (const service of own) expect(admitted.some((entry) => covers(entry, service))).toBe(true);
      }
    });
  });

  it("is pure: the same Spec and facts give the same plan", () => {
    always((first, spec, facts) => expect(plan(spec, facts)).toEqual(first));
  });

  it("is the same in whatever order the services are written", () => {
    always((first, spec, facts) => {
      expect(plan({ ...spec, services: spec.services.toReversed() }, facts)).toEqual(first);
    });
  });

  it("judges the relay's other traffic only on a machine that is its own", () => {
    always(({ relay }, spec) => expect(relay.exclusive).toBe(spec.relay.provider === "hcloud"));
  });
});

type Admission = Plan["homes"][number]["admitted"][number];

function covers({ to, protocol, ports }: Admission, service: Spec["services"][number]): boolean {
  if (to !== service.to) return false;
  if (ports === undefined) return true;
  if (service.kind !== "ports" || !service.protocols.some((each) => each === protocol)) return false;
  const at = service.toPort === undefined ? service.ports : { first: service.toPort, last: service.toPort };
  return ports.map(range).some(({ first, last }) => first <= at.first && at.last <= last);
}
