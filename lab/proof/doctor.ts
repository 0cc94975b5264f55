/**
 * Proofs of `relay4in6 doctor`: one thing is broken in the standing lab, doctor names exactly that, it is
 * mended, and doctor is content again.
 */
import { type Break, breaks, placeOf } from "../breaks/index.ts";
import { poll } from "../command.ts";
import type { Lab } from "../lab.ts";
import type { Place } from "./places.ts";
import { Program } from "./program.ts";
import type { Report } from "./proof.ts";
import type { Pulumi } from "./stack.ts";

/** One of each part of the way, for a run that has little time. */
export const SHORT: readonly string[] = ["protocol-4", "firewall-rule", "rule-relay"];

/** Milliseconds in which a mended lab has to be well: a router takes its time to reload. */
const recovery = 300_000;

/** What doctor says, as it prints it with --json. */
interface Told {
  severity: string;
  findings: { id: string; where: string; severity: string }[];
}

/** Runs doctor where the operator is. */
export class Doctor {
  readonly #program: Program;

  private constructor(program: Program) {
    this.#program = program;
  }

  static async of(lab: Lab, pulumi: Pulumi): Promise<Doctor> {
    return new Doctor(await Program.of(lab, pulumi));
  }

  /** What doctor finds, each word once, or `well`. */
  async ask(): Promise<string> {
    const { status, stdout, stderr } = await this.#program.run(["doctor", "--json"], 300_000);
    if (!stdout.startsWith("{")) return `no answer, status ${status}: ${stderr.trim().split("\n")[0]}`;
    const { severity, findings } = JSON.parse(stdout) as Told;
    const wanted = { well: 0, note: 0, degraded: 1, down: 2 }[severity];
    if (status !== wanted) return `${severity} with exit status ${status}`;
    return [...new Set(findings.map(({ id }) => id))].toSorted().join(" ") || "well";
  }

  /** What it says once it says what is expected, or after the time that a mended machine may take. */
  async until(expected: string): Promise<string> {
    let last = "";
    await poll(expected, recovery, async () => {
      last = await this.ask().catch((error: Error) => `error: ${error.message}`);
      return last === expected ? true : undefined;
    }).catch(() => {});
    return last;
  }
}

/**
 * Breaks one thing after the other.
 *
 * @param names of the breaks @default all
 */
export async function proveDoctor(
  report: Report,
  lab: Lab,
  pulumi: Pulumi,
  names: readonly string[] = breaks.map(({ name }) => name),
): Promise<void> {
  const doctor = await Doctor.of(lab, pulumi);
  const whole = async (when: string) => {
    const measured = await doctor.until("well");
    await report.add({
      name: `doctor finds nothing ${when}`,
      ok: measured === "well",
      measured,
      expected: "well",
    });
  };
  await whole("in a lab that is whole");
  for (const each of breaks.filter(({ name }) => names.includes(name))) {
    await proveBreak(report, doctor, each, await placeOf(each, lab));
  }
  await whole("when everything is mended");
}

/** What was mended before shows as well: doctor names nothing else any more. */
async function proveBreak(report: Report, doctor: Doctor, broken: Break, place: Place): Promise<void> {
  const { name, what, finding } = broken;
  try {
    await place.say(broken.break, 120);
    const measured = await doctor.until(finding);
    await report.add({
      name: `doctor: ${name}: ${what}`,
      ok: measured === finding,
      measured,
      expected: finding,
    });
  } finally {
    await place.say(broken.mend, 120);
  }
}
