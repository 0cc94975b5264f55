import { inspectOver, type Session, type Target } from "../../deliver/index.ts";
import { VisibleError } from "../../errors.ts";
import { type Bundle, render } from "../../render/index.ts";
import { readStack, type Stack, type StackOptions } from "../stack.ts";
import { Connection } from "./connection.ts";
import { type DriftReport, driftOf } from "./drift.ts";
import { homeQuestion, readHome, readRelay, relayQuestion } from "./readings.ts";
import type { StatusReport } from "./report.ts";
import { type Asked, type Readings, statusOf } from "./statusOf.ts";
import { statusText } from "./table.ts";

/** The options of `relay4in6 status`. */
export interface StatusOptions extends StackOptions {
  watch?: boolean;
  json?: boolean;
}

/** Seconds between two readings: of `--watch`, and of the two that a rate needs. */
const pause = { watch: 2, rate: 1 };
/** Readings of `--watch` from one look for drift to the next: it reads every file. */
const driftEvery = 30;

/** Exit status of each verdict. */
const exitStatus = { up: 0, degraded: 1, down: 2 } as const;

/**
 * Shows how the relay and its homes are. Exit status 0: up, 1: degraded, 2: down. One SSH connection for each end.
 *
 * @throws VisibleError when the stack cannot be read; an end that cannot be reached is part of the report
 */
export async function status(options: StatusOptions): Promise<void> {
  const stack = await readStack(options);
  const ends = endsOf(stack);
  try {
    let before = await readAll(ends);
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, (options.watch ? pause.watch : pause.rate) * 1000));
      const now = await readAll(ends);
      const report = statusOf(stack.spec, stack.plan, now, before);
      process.exitCode = exitStatus[report.verdict];
      show(report, options);
      if (!options.watch) return;
      before = now;
    }
  } finally {
    await Promise.all([ends.relay, ...ends.homes].map(({ session }) => session.close()));
  }
}

function show(report: StatusReport, { watch = false, json = false }: StatusOptions): void {
  if (json) {
    process.stdout.write(`${JSON.stringify(report, undefined, watch ? undefined : 2)}\n`);
    return;
  }
  const { isTTY } = process.stdout;
  const text = statusText(report, {
    colours: isTTY && process.stdout.hasColors(),
    now: Date.now() / 1000,
  });
  // To the upper left, and clear what is below: a terminal shows one report, a file all of them.
  process.stdout.write(watch && isTTY ? `\u001b[H\u001b[J${text}` : text);
}

/** An end, and what is remembered of it from one reading to the next. */
interface End {
  name: string;
  session: Connection;
  bundle: Bundle;
  drift?: DriftReport;
  readings: number;
}

function endsOf({ plan, relay, homes }: Stack): { relay: End; homes: End[] } {
  const bundles = render(plan);
  const end = (target: Target): End => {
    const bundle = bundles.find(({ name, end: kind }) =>
      target === relay ? kind === "relay" : kind !== "relay" && name === target.name,
    );
    if (bundle === undefined) throw new Error(`no bundle for ${target.name}`);
    return { name: target.name, session: new Connection(target), bundle, readings: 0 };
  };
  return { relay: end(relay), homes: Object.values(homes).map(end) };
}

async function readAll({ relay, homes }: { relay: End; homes: End[] }): Promise<Readings> {
  const [relayAnswer, ...homeAnswers] = await Promise.all([
    ask(relay, relayQuestion, readRelay),
    ...homes.map(async (home) => [home.name, await ask(home, homeQuestion, readHome)] as const),
  ]);
  return { relay: relayAnswer, homes: Object.fromEntries(homeAnswers) };
}

/** What an end answers; drift is looked for now and then, over the same connection. */
async function ask<T>(end: End, question: string, read: (output: string) => T): Promise<Asked<T>> {
  try {
    if (end.drift === undefined || end.readings % driftEvery === 0)
      end.drift = await lookForDrift(end.session, end);
    end.readings++;
    const { stdout } = await end.session.run(question);
    return { reading: read(stdout), drift: end.drift };
  } catch (error) {
    if (!(error instanceof VisibleError)) throw error;
    return {
      problem: error.faults.map(({ value, problem }) => `${value ?? end.name} ${problem}`).join("; "),
    };
  }
}

async function lookForDrift(session: Session, { name, bundle }: End): Promise<DriftReport> {
  return driftOf(bundle, await inspectOver(session, name, bundle));
}
