import type { Fault } from "../../errors.ts";
import { isKnownBy } from "../../transports/index.ts";
import type { DraftHome } from "../draft.ts";
import { namedTunnels } from "../named.ts";
import type { Rule } from "./rule.ts";

/** Whether the relay knows this home by a key, from wherever it dials: then nothing depends on its prefix. */
export function isDialling(home: DraftHome): boolean {
  const named = namedTunnels(home);
  return named.length > 0 && named.every((kind) => isKnownBy("key", kind));
}

/** A home that dials has no endpoint that a name could lead to. */
export const followHasAnEndpoint: Rule = ({ homes }) =>
  homes.flatMap((home, index): Fault[] => {
    const { follow, transport } = home;
    if (typeof follow !== "object" || !isDialling(home)) return [];
    const problem = `is not asked for with \`transport: ${transport}\`: the home dials, and the relay answers wherever it is`;
    const cure = "leave `follow` out; or choose a transport that ends at an address of the home's (ipip6)";
    return [{ key: `homes[${index}].follow`, value: follow.dns ?? "", problem, cure }];
  });

/** A warning: what is written there may be meant for another transport. */
export const unreadPrefix: Rule = ({ homes }) =>
  homes.flatMap((home, index): Fault[] => {
    const { prefix = "auto", transport } = home;
    if (prefix === "auto" || !isDialling(home)) return [];
    const problem = `is not needed with \`transport: ${transport}\`: the home dials, and has no endpoint of its own`;
    return [{ key: `homes[${index}].prefix`, value: prefix, problem, cure: "leave it out" }];
  });
