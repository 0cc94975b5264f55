/**
 * Every fault at every step of every run, on every kind of machine, in an order that a seed gives.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { LAB } from "../places.ts";
import { kindsOf, type Target } from "./kinds.ts";

/** What an end has of ours. */
export type State = "nothing" | "old" | "new";

/** From what to what a run goes. */
export const GOALS = {
  "first run": ["nothing", "old"],
  change: ["old", "new"],
  removal: ["old", "nothing"],
} as const satisfies Record<string, readonly [State, State]>;
export type Goal = keyof typeof GOALS;
export const goalNames = Object.keys(GOALS) as Goal[];

/** What disturbs a run, and when. */
export interface Disturbance {
  readonly goal: Goal;
  /** The step's name, as the machine's log is told. */
  readonly step: string;
  readonly fault: string;
}

/** One disturbed run. */
export interface Case extends Disturbance {
  readonly target: Target;
}

const TARGETS: readonly Target[] = ["relay", "openwrt", "debian"];

/** The steps of a run, read from the one place where they are listed. */
export function steps(): { trial: string[]; keep: string[] } {
  const text = readFileSync(join(LAB, "../templates/deliver/transaction.sh"), "utf8");
  const listed = (name: string) => new RegExp(`^${name}='(.*)'$`, "m").exec(text)?.[1]?.split(" ") ?? [];
  return { trial: listed("apply_steps"), keep: listed("keep_steps") };
}

/** Every case there is. */
export function matrix(): Case[] {
  const { trial, keep } = steps();
  return TARGETS.flatMap((target) =>
    goalNames.flatMap((goal) => {
      const file = target === "openwrt" ? "/etc/relay4in6/firewall.uci" : "/etc/relay4in6/sets";
      return [...trial, ...keep, `keep ${file}`].flatMap((step) =>
        kindsOf(target)
          .map(({ name }) => ({ target, goal, step, fault: name }))
          .filter(isPossible),
      );
    }),
  );
}

/** Whether a run comes to such a step, and the step to such a fault. */
export function isPossible({ goal, step, fault }: Disturbance): boolean {
  // A removal has no files to keep. Where the journal is closed, no check is left to fail.
  return (
    !(goal === "removal" && step.startsWith("keep /")) &&
    !(fault === "check fails" && step === "close_journal")
  );
}

/** The same in an order that the seed gives: figures of several runs of one seed can be joined by the index. */
export function shuffled(cases: readonly Case[], seed: number): Case[] {
  const order = [...cases];
  let state = seed >>> 0;
  // mulberry32: small, and the same on every machine.
  const random = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  for (let last = order.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [order[last], order[other]] = [order[other] as Case, order[last] as Case];
  }
  return order;
}

/** One of each kind, over all targets, steps of all sorts and all goals. */
export const SHORT: readonly Case[] = [
  { target: "relay", goal: "change", step: "offer", fault: "connection cut" },
  { target: "openwrt", goal: "change", step: "start_trial", fault: "program killed" },
  { target: "debian", goal: "change", step: "keep /etc/relay4in6/sets", fault: "power lost" },
  { target: "openwrt", goal: "change", step: "keep_settings", fault: "power lost" },
  { target: "relay", goal: "change", step: "keep_files", fault: "disk full" },
  { target: "debian", goal: "removal", step: "offer", fault: "watch killed" },
  { target: "openwrt", goal: "change", step: "offer", fault: "somebody stages a change" },
  { target: "relay", goal: "removal", step: "check", fault: "program killed" },
  { target: "debian", goal: "change", step: "start_trial", fault: "service does not start" },
  { target: "openwrt", goal: "first run", step: "keep_files", fault: "file cannot be written" },
  { target: "relay", goal: "change", step: "check", fault: "check fails" },
  { target: "debian", goal: "change", step: "offer", fault: "clock jumps" },
];
