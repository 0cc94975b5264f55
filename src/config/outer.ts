import { outersOf } from "../transports/candidates.ts";
import type { Outer } from "../transports/index.ts";
import type { DraftHome } from "./draft.ts";
import { isEndless } from "./rules/serviceHome.ts";

/**
 * How a home's outer packets are told; of a tunnel that is still to be chosen, each that it may have, and nothing
 * where no tunnel leads to it.
 *
 * @param index place of the home in the config
 */
export function draftOuters(home: DraftHome, index: number): Outer[] {
  return isEndless(home) ? [] : outersOf(home, index);
}
