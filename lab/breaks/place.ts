import type { Lab } from "../lab.ts";
import type { Place } from "../proof/places.ts";
import { placeNamed } from "../whereabouts.ts";
import type { Break } from "./break.ts";

/** Where something is broken. The operator has the cloud's token at hand. */
export async function placeOf({ at }: Break, { homes, environment }: Lab): Promise<Place> {
  const place = await placeNamed(at, homes);
  if (at !== "operator") return place;
  const exported = Object.entries(environment)
    .map(([name, value]) => `export ${name}='${value}'; `)
    .join("");
  return {
    say: (command, seconds) => place.say(exported + command, seconds),
    attempt: (command, seconds) => place.attempt(exported + command, seconds),
  };
}
