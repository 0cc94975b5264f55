/**
 * Faults of deliveries on the standing lab: never locked out.
 */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { readLab } from "../lab.ts";
import { OPERATOR } from "../network/internet.ts";
import { step } from "../progress.ts";
import { Pulumi } from "../proof/stack.ts";

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
export async function runFaults({
  seed = "1",
  count = "60",
  from = "",
  only = "",
}: FaultOptions): Promise<boolean> {
  const main = fileURLToPath(new URL("main.ts", import.meta.url));
  const command = ["netns", "exec", OPERATOR, process.execPath, main, seed, count, from, only];
  const ok = await new Promise<boolean>((resolve, reject) => {
    spawn("ip", command, { stdio: "inherit" })
      .on("error", reject)
      .on("close", (code) => resolve(code === 0));
  });
  // The relay was taken down and made again past Pulumi, and does not let the homes' keys in any more.
  const { environment } = await readLab();
  await step("The stack puts back what the matrix took", () => new Pulumi(environment).up("--refresh"));
  return ok;
}
