import type { Fault } from "../../errors.ts";
import { isKnownBy, type TunnelKind, tunnelKinds } from "../../transports/index.ts";
import { namedTunnels } from "../named.ts";
import type { Rule } from "./rule.ts";

const atEndpoint: readonly TunnelKind[] = tunnelKinds.filter((kind) => isKnownBy("endpoint", kind));
const dialling: readonly TunnelKind[] = tunnelKinds.filter((kind) => isKnownBy("key", kind));

/** Two paths are two kinds: one ends at the home's endpoint, where there is room for one tunnel, the other is dialled. */
export const paths: Rule = ({ homes }) =>
  homes.flatMap((home, index): Fault[] => {
    const { transport } = home;
    if (!Array.isArray(transport)) return [];
    const named = namedTunnels(home);
    const found = [atEndpoint, dialling].map((kinds) => named.filter((kind) => kinds.includes(kind)).length);
    if (named.length === 2 && found.every((count) => count === 1)) return [];
    return [
      {
        key: `homes[${index}].transport`,
        value: transport,
        problem:
          named.length === 2
            ? `are two ways that ${found[0] === 2 ? "both end at the home's endpoint" : "are one and the same"}: what takes the one takes the other`
            : `is a list of ${named.length}, and there are two paths`,
        cure: `write one of ${atEndpoint.join(", ")} and ${dialling.join(", ")}, the preferred one first; or a single word`,
      },
    ];
  });
