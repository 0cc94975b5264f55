import { type Choice, isSameChoice } from "../transports/candidates.ts";
import type { Sessions } from "./ends.ts";
import type { Outcome } from "./outcome.ts";
import { type ProbeOptions, probe } from "./probe.ts";
import type { ProbedTunnel } from "./probedTunnel.ts";

/** A candidate, and what to probe it with; or why the home cannot have it, as far as its facts tell. */
export type Candidate = Choice & ({ readonly tunnel: ProbedTunnel } | { readonly problem: string });

/** Every candidate's outcome, in their order. */
export async function probeAll(
  sessions: Sessions,
  all: readonly Candidate[],
  options: ProbeOptions = {},
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const candidate of all) outcomes.push(await tryOne(sessions, candidate, options));
  return outcomes;
}

/**
 * The first candidate that works in both directions. What an end lacks is a reason to take the next; only where
 * nothing else works is it installed, as `up` would.
 *
 * @returns the outcomes of those that were tried; the last of them works, or none does
 */
export async function firstThatWorks(
  sessions: Sessions,
  all: readonly Candidate[],
  options: ProbeOptions = {},
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const candidate of all) {
    const outcome = await tryOne(sessions, candidate, options);
    outcomes.push(outcome);
    if (outcome.works) return outcomes;
  }
  for (const candidate of all) {
    const index = outcomes.findIndex((each) => isSameChoice(each, candidate));
    if (!outcomes[index]?.lacks) continue;
    const outcome = await tryOne(sessions, candidate, { ...options, install: true });
    if (outcome.works) return [...outcomes.toSpliced(index, 1), outcome];
    outcomes[index] = outcome;
  }
  return outcomes;
}

async function tryOne(sessions: Sessions, candidate: Candidate, options: ProbeOptions): Promise<Outcome> {
  const { transport, over } = candidate;
  const choice: Choice = over === undefined ? { transport } : { transport, over };
  if ("problem" in candidate) return { ...choice, works: false, says: candidate.problem };
  return probe(sessions, candidate.tunnel, choice, options);
}
