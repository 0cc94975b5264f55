/**
 * The fault matrix as a process of its own, in the operator's namespace, where the ends are reached from.
 * Its arguments: the seed, the index to begin with, how many, and a part of a case's name; or `short`.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { readLab } from "../lab.ts";
import { RUN } from "../places.ts";
import { startDebianServers, startServers } from "../proof/servers.ts";
import { placeNamed } from "../whereabouts.ts";
import { disturb, type Outcome, reach, type World } from "./disturb.ts";
import { ends } from "./ends.ts";
import type { Target } from "./kinds.ts";
import { type Case, matrix, SHORT, type State, shuffled } from "./matrix.ts";

/** Where the outcomes are written. */
export const FILE = `${RUN}/faults.json`;

/** An outcome, and where it stands in its seed's order. */
type Line = Outcome & { readonly seed: number | "short"; readonly index: number };

/** What a case is called: a part of it is enough for `--only`. */
export function nameOf({ target, goal, step, fault }: Case): string {
  return `${target}: ${goal}, ${fault} at ${step}`;
}

async function told(): Promise<Line[]> {
  return JSON.parse(await readFile(FILE, "utf8").catch(() => "[]"));
}

/** Runs cases and adds their outcomes to the file; those that it has of the same seed are passed over. */
async function walk(cases: readonly (readonly [number, Case])[], seed: Line["seed"]): Promise<boolean> {
  const lab = await readLab();
  const { publicIpv4, ends: all } = await ends(lab);
  const home2 = await placeNamed("home2", lab.homes);
  const world: World = {
    publicIpv4,
    client: await placeNamed("client", lab.homes),
    afterReboot: async (target) => {
      if (target === "debian") await startDebianServers(home2);
    },
  };
  await startServers();
  await startDebianServers(home2);
  let ok = true;
  const states = new Map<Target, State>();
  for (const [index, each] of cases) {
    // A relay that a removal took away has nowhere to keep the others' keys.
    if (each.target === "relay" && states.size === 0) await reach(all.relay, "old");
    // The traffic of one end's new state passes through the others'.
    for (const target of Object.keys(all) as Target[]) {
      if (target === each.target || states.get(target) === "new") continue;
      await reach(all[target], "new");
      states.set(target, "new");
    }
    states.delete(each.target);
    // A relay that was taken away has another key from then on.
    if (each.target === "relay") states.clear();
    const outcome = await disturb(world, all[each.target], each);
    ok &&= outcome.ok;
    const others = (await told()).filter((line) => line.seed !== seed || line.index !== index);
    await mkdir(RUN, { recursive: true });
    await writeFile(FILE, `${JSON.stringify([...others, { seed, index, ...outcome }], undefined, 2)}\n`);
    const verdict = outcome.ok ? "ok    " : "FAILED";
    console.log(
      `  ${verdict}  ${String(index).padStart(4)}  ${nameOf(each).padEnd(78)} ${outcome.recovered_s} s, ${outcome.found}`,
    );
  }
  for (const end of Object.values(all)) {
    await end.say(`rm -f ${end.bin}/logger`);
    await reach(end, "old");
  }
  return ok;
}

if (import.meta.main) {
  const [seed = "1", count = "60", from = "", only = ""] = process.argv.slice(2);
  const isShort = seed === "short";
  const number = isShort ? "short" : Number(seed);
  const order = isShort ? SHORT : shuffled(matrix(), Number(seed));
  const done = new Set((await told()).filter((line) => line.seed === number).map(({ index }) => index));
  const cases = order
    .map((each, index) => [index, each] as const)
    .filter(([, each]) => nameOf(each).includes(only))
    .filter(([index]) => (from === "" ? !done.has(index) : index >= Number(from)))
    .slice(0, Number(count));
  if (!(await walk(cases, number))) process.exitCode = 1;
}
