/**
 * Proof that no machine boots but when it is told to. A kernel that panics starts anew a second later, the ends mend
 * themselves, and only what the lab had started on the machine is missing, minutes later.
 */
import { readFile } from "node:fs/promises";
import { machines } from "../machine/index.ts";
import { say } from "../progress.ts";
import type { Places } from "./places.ts";
import type { Proof } from "./proof.ts";

const WATCHED = ["relay", "home", "home2"] as const;

/** From here on, a kernel speaks of its end (lib/bust_spinlocks, kernel/panic.c). */
const LAST_WORDS = /BUG:|Oops|PANIC|Kernel panic|general protection/;

/** @returns the proof that from now on until it is made, no machine has booted */
export async function withoutBoots(places: Places): Promise<Proof> {
  const before = await bootsOf(places);
  return {
    name: "no machine has booted by itself",
    expected: "none",
    measure: async () => {
      const now = await bootsOf(places);
      const anew = WATCHED.filter((_, index) => now[index] !== before[index]);
      if (anew.length > 0) await tellLastWords();
      return anew.join(" ") || "none";
    },
  };
}

async function bootsOf(places: Places): Promise<string[]> {
  return Promise.all(WATCHED.map((name) => places[name].say("cat /proc/sys/kernel/random/boot_id")));
}

/** What their kernels wrote on the consoles. */
async function tellLastWords(): Promise<void> {
  for (const machine of await machines()) {
    const lines = (await readFile(await machine.consoleLog(), "utf8")).split(/\r?\n/);
    const first = lines.findIndex((line) => LAST_WORDS.test(line));
    if (first !== -1) say(`${machine.name} on its console:\n${lines.slice(first, first + 60).join("\n")}`);
  }
}
