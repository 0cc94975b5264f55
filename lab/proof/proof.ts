/**
 * What the lab claims, and how it is shown: a proof measures, and holds what it measured against what is
 * expected. Nothing is believed that was not measured in this run.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { RUN } from "../places.ts";
import { timed } from "../progress.ts";
import type { Places } from "./places.ts";

/** One claim. */
export interface Proof {
  /** A sentence. */
  readonly name: string;
  readonly expected: string;
  /** What is seen, in the words of `expected` where the claim holds. */
  readonly measure: (places: Places) => Promise<string>;
  /** Whether what was measured is what is expected. @default equal texts */
  readonly holds?: (measured: string) => boolean;
}

/** A line of the report. */
export interface Result {
  readonly name: string;
  readonly ok: boolean;
  readonly measured: string;
  readonly expected: string;
}

/** All results of a run, printed as they come and written to `lab/.run/report.json`. */
export class Report {
  readonly results: Result[] = [];

  /** Runs proofs one after the other. @param when put before each name: `after a reboot: ` */
  async prove(proofs: readonly Proof[], places: Places, when = ""): Promise<void> {
    for (const proof of proofs) {
      const measured = await proof.measure(places).catch((error: Error) => `error: ${error.message}`);
      const ok = (proof.holds ?? ((text) => text === proof.expected))(measured);
      await this.add({
        name: `${when}${proof.name}`,
        ok,
        measured: firstLine(measured),
        expected: proof.expected,
      });
    }
  }

  async add(result: Result): Promise<void> {
    this.results.push(result);
    const seen = result.ok ? result.measured : `${result.measured}   (expected: ${result.expected})`;
    console.log(timed(`${result.ok ? "ok    " : "FAILED"}  ${result.name.padEnd(78)} ${seen}`));
    await this.write();
  }

  /** Writes the report, anew when the lab was taken away meanwhile. */
  async write(): Promise<void> {
    await mkdir(RUN, { recursive: true });
    await writeFile(`${RUN}/report.json`, `${JSON.stringify(this.results, undefined, 2)}\n`);
  }

  get failed(): number {
    return this.results.filter(({ ok }) => !ok).length;
  }
}

function firstLine(text: string): string {
  const [first = "", ...rest] = text.trim().split("\n");
  return rest.length === 0 ? first : `${first} …`;
}
