import { settleHome } from "../config/settle.ts";
import type { AutoHomeSpec } from "../config/spec.ts";
import type { Possibility, RelayFacts } from "../facts/index.ts";
import type { Candidate } from "./probeAll.ts";
import { probedTunnel } from "./probedTunnel.ts";

/**
 * What a home is probed with: a tunnel for each transport that its facts let it have. Pure.
 *
 * @param index place of the home in the config, from 0
 */
export function candidatesFor(
  home: AutoHomeSpec,
  index: number,
  relay: RelayFacts,
  possibilities: readonly Possibility[],
): Candidate[] {
  return possibilities.map(({ choice, facts }) =>
    typeof facts === "string"
      ? { ...choice, problem: facts }
      : { ...choice, tunnel: probedTunnel(settleHome(home, choice), index, relay, facts) },
  );
}
