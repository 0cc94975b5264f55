/**
 * Faults of deliveries on the standing lab: never locked out.
 */
import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { OPERATOR } from "../network/internet.ts";
import { RUN } from "../places.ts";
import type { Report } from "../proof/proof.ts";
import type { Outcome } from "./disturb.ts";

/** What of the matrix is to be run. */
export interface FaultOptions {
  /** Of the order. @default 1 */
  readonly seed?: string;
  /** @default 60 */
  readonly count?: string;
  /** Index in the order. @default the first of which there is no outcome yet */
  readonly from?: string;
  /** A part of a case's name, such as `openwrt` or `power lost at keep_files`. */
  readonly only?: string;
}

/** Runs cases of the matrix, where the ends are reached from. @returns whether every one held */
export function runFaults({
  seed = "1",
  count = "60",
  from = "",
  only = "",
}: FaultOptions): Promise<boolean> {
  const main = fileURLToPath(new URL("main.ts", import.meta.url));
  const command = ["netns", "exec", OPERATOR, process.execPath, main, seed, count, from, only];
  return new Promise((resolve, reject) => {
    spawn("ip", command, { stdio: "inherit" })
      .on("error", reject)
      .on("close", (code) => resolve(code === 0));
  });
}

/** One of each kind of fault, each a line of the report. */
export async function proveFaults(report: Report): Promise<void> {
  await runFaults({ seed: "short" });
  const lines: (Outcome & { seed: unknown })[] = JSON.parse(await readFile(`${RUN}/faults.json`, "utf8"));
  for (const { seed, target, goal, fault, step, ok, recovered_s, found } of lines) {
    if (seed !== "short") continue;
    await report.add({
      name: `${target}, ${goal}: ${fault} at ${step}`,
      ok,
      measured: `${recovered_s} s, ${found}`,
      expected: "wholly old or new within 50 s",
    });
  }
}
