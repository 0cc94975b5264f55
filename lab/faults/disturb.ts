/**
 * One disturbed run: the fault is planted, the run started, and what the machine comes to is looked at.
 */
import { readFile } from "node:fs/promises";
import { apply, inspect, remove } from "../../src/deliver/index.ts";
import type { Bundle } from "../../src/render/index.ts";
import { poll } from "../command.ts";
import { tcp } from "../proof/asking.ts";
import type { Place } from "../proof/places.ts";
import type { End } from "./ends.ts";
import { kindsOf } from "./kinds.ts";
import { type Case, GOALS, type State } from "./matrix.ts";

/** What became of a disturbed run. */
export interface Outcome extends Case {
  /** Seconds from the fault (of a reboot: from the machine's first answer) until all was whole and flowed. */
  readonly recovered_s: number;
  readonly ok: boolean;
  /** What was found: the state it came to, or what is wrong. */
  readonly found: string;
}

/** Seconds of the watchdog in these runs, and those that may pass after it. */
const WATCHDOG = 20;
const BEYOND = 30;

/** Where the rest of the lab is asked. */
export interface World {
  readonly publicIpv4: string;
  readonly client: Place;
  /** Starts again what a reboot of a server ended. */
  afterReboot(target: Case["target"]): Promise<void>;
}

/** Brings an end to a state, undisturbed. */
export async function reach(end: End, state: State, watchdog = 120): Promise<void> {
  if (state === "nothing") await remove(end.login, end.old, { watchdog });
  else await end.introduce((await apply(end.login, end[state], { watchdog })).keys);
}

/** Runs one case. What goes wrong is an outcome, no error. */
export async function disturb(world: World, end: End, each: Case): Promise<Outcome> {
  const outcome = (ok: boolean, recovered_s: number, found: string): Outcome => ({
    ...each,
    recovered_s,
    ok,
    found,
  });
  const kind = kindsOf(each.target).find(({ name }) => name === each.fault);
  if (kind === undefined) throw new Error(`no fault ${each.fault} at ${each.target}`);
  const [from, to] = GOALS[each.goal];
  try {
    await reach(end, from);
    const mark = `lab fault ${Math.random().toString(36).slice(2)}`;
    await plant(end, each.step, mark, kind.come);
    let settled: string | undefined;
    const run = reach(end, to, WATCHDOG).then(
      () => {
        settled = "done";
      },
      (error) => {
        settled = `failed: ${error.faults?.[0]?.problem ?? error}`;
      },
    );
    const came = await poll("the fault", 300_000, async () => {
      if ((await readFile(end.console, "latin1")).includes(mark)) return "came";
      return settled === undefined ? undefined : "missed";
    });
    if (came === "missed" && !(await readFile(end.console, "latin1")).includes(mark))
      return outcome(false, 0, `the step was not passed; the run ${settled}`);
    let since = performance.now();
    if (kind.reboots) {
      await poll("the machine", 600_000, () =>
        end.say("true").then(
          () => true as const,
          () => undefined,
        ),
      );
      since = performance.now();
      await world.afterReboot(each.target);
    }
    let { found, seconds } = await recovery(world, end, from, to, since);
    await run;
    // A fault that the run outlived: only now it is where it goes.
    if (settled === "done" && found === from)
      ({ found, seconds } = await recovery(world, end, from, to, since));
    if (kind.lift !== undefined) await end.say(`bin=${end.bin} run=${end.run}; ${kind.lift}`);
    const problems = [
      ...(found === "neither" ? [`neither ${from} nor ${to}`] : []),
      ...(found === from && settled === "done" ? ["went back, and the run did not fail"] : []),
      ...(seconds > WATCHDOG + BEYOND ? [`took ${Math.round(seconds)} s`] : []),
    ];
    await reach(end, to);
    // An end whose key is new is answered when it asks again, seconds later.
    const reached = poll(to, BEYOND * 1000, async () => (await isIn(world, end, to)) || undefined);
    if (!(await reached.catch(() => false))) problems.push(`the next run did not bring it to ${to}`);
    const said = `${found}; the run ${settled}`.split("\n")[0] ?? "";
    return outcome(problems.length === 0, Math.round(seconds), [...problems, said].join("; "));
  } catch (error) {
    const lift = kind.lift ?? "true";
    await end.say(`bin=${end.bin} run=${end.run}; ${lift}`).catch(() => {});
    return outcome(false, 0, `error: ${(error as Error).message.slice(0, 300)}`);
  }
}

/** The machine's log runs the fault at the step, once; a reboot forgets it. */
async function plant(end: End, step: string, mark: string, come: string): Promise<void> {
  const fault = `#!/bin/sh\\n[ "$1" = "${step}" ] || exit 0\\nrm "$0"\\necho "${mark}" >/dev/console\\nrun=${end.run} bin=${end.bin}`;
  await end.say(`printf '#!/bin/sh\\n[ ! -x /var/run/lab-fault ] || exec /var/run/lab-fault "$3"\\n' >${end.bin}/logger
    chmod +x ${end.bin}/logger
    { printf '${fault.replaceAll("'", "'\\''")}\\n'; cat <<'END'
${come}
exit 0
END
    } >/var/run/lab-fault
    chmod +x /var/run/lab-fault`);
}

/** Waits until the end is at rest, in the one state or the other, and its traffic flows. */
async function recovery(world: World, end: End, from: State, to: State, since: number) {
  let found = "neither" as State | "neither";
  const seconds = () => (performance.now() - since) / 1000;
  while (seconds() < 2 * (WATCHDOG + BEYOND)) {
    const busy = await end
      .say(`ls -d ${end.run}/token ${end.run}/going-back ${end.journal} 2>/dev/null || true`)
      .catch(() => "away");
    if (busy === "") {
      for (const state of [to, from]) if (await isIn(world, end, state).catch(() => false)) found = state;
      if (found !== "neither") break;
    }
    await new Promise((resolve) => setTimeout(resolve, 2_000));
  }
  return { found, seconds: seconds() };
}

/** Whether an end is wholly in a state: its files to the byte, what they describe alive, traffic. */
async function isIn(world: World, end: End, state: State): Promise<boolean> {
  const bundle: Bundle = state === "nothing" ? end.old : end[state];
  const { healthy, files } = await inspect(end.login, bundle);
  if (state === "nothing") return !healthy && Object.keys(files).length === 0;
  if (!healthy || bundle.files.some(({ path, text }) => files[path] !== text)) return false;
  const answers = async (port: number) => {
    const { status, stdout } = await world.client.attempt(tcp(world.publicIpv4, port, { seconds: 8 }));
    return status === 0 && stdout.trim() !== "";
  };
  for (const port of state === "new" ? [...end.ports.old, ...end.ports.new] : end.ports.old)
    if (!(await answers(port))) return false;
  return true;
}
