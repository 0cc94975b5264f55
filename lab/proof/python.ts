import { readFile } from "node:fs/promises";
import type { Place } from "./places.ts";

/**
 * Runs one of this folder's Python programs at a place, whatever machine that is: the program goes along.
 *
 * @param args plain words
 * @param seconds until it is killed
 * @returns what it printed
 */
export async function python(
  place: Place,
  program: "scan" | "forge" | "flood" | "ticks",
  args: readonly (string | number)[],
  seconds = 60,
): Promise<string> {
  const text = await readFile(`${import.meta.dirname}/${program}.py`, "utf8");
  return place.say(`python3 - ${args.join(" ")} <<'END_OF_PROGRAM'\n${text}\nEND_OF_PROGRAM`, seconds);
}
