import type { Fault } from "../../errors.ts";
import type { DraftService } from "../draft.ts";
import { protocolsOf, publicPorts, rangeText } from "../ports.ts";
import type { PortRange, Protocol } from "../spec.ts";
import type { Rule } from "./rule.ts";

interface Claim extends PortRange {
  index: number;
}

/** Pairs of services that share a port, the later one first; at most one pair for each claim. */
function overlaps(claims: Claim[]): [Claim, Claim][] {
  const sorted = claims.toSorted((a, b) => a.first - b.first || a.index - b.index);
  let widest: Claim | undefined;
  return sorted.flatMap((claim): [Claim, Claim][] => {
    const before = widest;
    if (!before || claim.last > before.last) widest = claim;
    if (!before || claim.first > before.last) return [];
    return [before.index < claim.index ? [claim, before] : [before, claim]];
  });
}

function claimsOf(services: DraftService[], protocol: Protocol): Claim[] {
  return services.flatMap((service, index) => {
    const ports = publicPorts(service);
    return ports && protocolsOf(service.protocol).includes(protocol) ? { ...ports, index } : [];
  });
}

/** There is one public address: no port of it leads to two servers, whatever their homes are. */
export const overlappingPorts: Rule = ({ services }) => {
  const faults = new Map<number, Fault>();
  for (const protocol of ["tcp", "udp"] as const) {
    for (const [later, earlier] of overlaps(claimsOf(services, protocol))) {
      if (faults.has(later.index)) continue;
      const field = services[later.index]?.port === undefined ? "ports" : "port";
      const shared = {
        first: Math.max(later.first, earlier.first),
        last: Math.min(later.last, earlier.last),
      };
      faults.set(later.index, {
        key: `services[${later.index}].${field}`,
        value: services[later.index]?.[field],
        problem: `takes ${protocol} ${rangeText(shared)}, which services[${earlier.index}] has already`,
        cure: "choose another public port (`to: ADDRESS:PORT` leads it to the same port of the server), or leave one of the two out",
      });
    }
  }
  return [...faults].sort(([a], [b]) => a - b).map(([, fault]) => fault);
};
