import type { Fault } from "../../errors.ts";
import { endpointNetwork, ipv6Prefix } from "../addresses.ts";
import { isDialling } from "./dialling.ts";
import type { Rule } from "./rule.ts";

/** Two homes in one /64 would have one and the same endpoint: the relay's address is all that is added. */
export const equalEndpoints: Rule = ({ homes }) => {
  const first = new Map<string, number>();
  return homes.flatMap((home, index): Fault[] => {
    const prefix = ipv6Prefix(home.prefix ?? "");
    if (typeof prefix !== "string" || isDialling(home)) return [];
    const network = endpointNetwork(prefix);
    const other = first.get(network);
    if (other === undefined) {
      first.set(network, index);
      return [];
    }
    return [
      {
        key: `homes[${index}].prefix`,
        value: home.prefix,
        problem: `gives the same endpoint as homes[${other}]: both are in ${network}`,
        cure: "write another /64 of the home's prefix; two servers behind one router are one home",
      },
    ];
  });
};
