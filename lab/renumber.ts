/**
 * A new prefix for a home: the ISP delegates another one, and the line drops for a moment.
 */
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import type { Lab } from "./lab.ts";
import { Machine } from "./machine/index.ts";
import { setLanPrefix } from "./network/debian-home.ts";
import { type Generations, redelegate } from "./network/isp.ts";
import { delegatedPrefix } from "./network/topology.ts";
import { RUN } from "./places.ts";

const RECORD = `${RUN}/generations.json`;

/** How long the line is down, in milliseconds: long enough for any router to see that its carrier is gone. */
const OUTAGE = 3_000;

/**
 * Renumbers a home. The router of a home of the kind `none` has to be reconnected by its owner.
 * @returns the new /56
 * @throws Error when there is no home of that name, or the ISP does not answer
 */
export async function renumber({ homes, mtu }: Lab, name: string): Promise<string> {
  const home = homes.find((candidate) => candidate.name === name);
  if (!home) throw new Error(`No home "${name}". There are: ${homes.map((known) => known.name).join(", ")}.`);
  const before: Generations = existsSync(RECORD) ? JSON.parse(await readFile(RECORD, "utf8")) : {};
  const generation = (before[home.index] ?? 0) + 1;
  const generations = { ...before, [home.index]: generation };
  await redelegate(home, homes, generations);
  await writeFile(RECORD, JSON.stringify(generations));
  if (home.kind === "debian") await setLanPrefix(home, generation, mtu);
  if (home.kind === "openwrt") {
    const router = new Machine(home.name);
    await router.setLink(0, false);
    await new Promise((wake) => setTimeout(wake, OUTAGE));
    await router.setLink(0, true);
  }
  return `${delegatedPrefix(home.index, generation)}/56`;
}
