import type { Fault } from "../../errors.ts";
import { homeBits } from "../../plan/ipv6.ts";
import type { Rule } from "./rule.ts";

/** A server's IPv6 address is one that is routed to the relay, and not only on its wire. */
export const ipv6IsRouted: Rule = ({ relay, homes }) =>
  homes.flatMap(({ ipv6 }, index): Fault[] => {
    if (ipv6 !== true || relay.provider !== "existing") return [];
    return [
      {
        key: `homes[${index}].ipv6`,
        value: true,
        problem:
          "needs a /64 that is routed to the relay, which nobody knows of an own server (`relay.provider: existing`)",
        cure: "leave it out, or let the relay be made on Hetzner Cloud",
      },
    ];
  });

/** No two homes' servers have one address: a home is known in it by 32 bits of its name. */
export const ipv6AddressesDiffer: Rule = ({ homes }) => {
  const owners = new Map<number, number>();
  return homes.flatMap(({ ipv6, name }, index): Fault[] => {
    if (ipv6 !== true || name === undefined) return [];
    const owner = owners.get(homeBits(name));
    if (owner === undefined || homes[owner]?.name === name) {
      owners.set(homeBits(name), index);
      return [];
    }
    const problem = `gives its servers the same IPv6 addresses as homes[${owner}], by chance`;
    return [{ key: `homes[${index}].name`, value: name, problem, cure: "write any other name" }];
  });
};
