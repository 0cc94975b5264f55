import type { Break } from "./break.ts";
import { cloudBreaks } from "./cloud.ts";
import { debianBreaks } from "./debian.ts";
import { homeBreaks } from "./home.ts";
import { relayBreaks } from "./relay.ts";
import { wayBreaks } from "./way.ts";

export type { Break } from "./break.ts";
export { placeOf } from "./place.ts";

/** Everything that can be broken, in the order of the way from a client to a server. */
export const breaks: readonly Break[] = [
  ...cloudBreaks,
  ...wayBreaks,
  ...relayBreaks,
  ...homeBreaks,
  ...debianBreaks,
];

/** @throws Error that lists the names when there is no such break */
export function breakNamed(name: string): Break {
  const found = breaks.find((each) => each.name === name);
  if (found !== undefined) return found;
  throw new Error(
    `Nothing of the name "${name}" can be broken. There are: ${breaks.map((each) => each.name).join(", ")}.`,
  );
}
