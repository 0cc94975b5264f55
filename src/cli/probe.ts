import { endedHomes, pathsOf, reopen, type TunnelHomeSpec } from "../config/index.ts";
import { withSession } from "../deliver/index.ts";
import { VisibleError } from "../errors.ts";
import { askAutoHome, type Possibility } from "../facts/index.ts";
import { candidatesFor, type Outcome, outcomeLines, probeAll } from "../probe/index.ts";
import { type Choice, candidates, choiceName, isSameChoice } from "../transports/candidates.ts";
import { readStack, type Stack, type StackOptions } from "./stack.ts";

/** The options of `relay4in6 probe`. */
export interface ProbeOptions extends StackOptions {
  /** Name of the one home that is probed. @default all */
  home?: string;
  json?: boolean;
}

/** What came of one home. */
export interface ProbeReport {
  home: string;
  /** In words: `ipip6`, `wireguard over IPv4`; of two paths both, the preferred one first. */
  inUse: string[];
  /** Whether every transport in use gets through. */
  works: boolean;
  /** Why nothing was tried. */
  problem?: string;
  outcomes: Outcome[];
}

type ManagedHome = Exclude<TunnelHomeSpec, { end: "manual" }>;

/**
 * Tries every tunnel between the relay and the homes of a deployed stack, and shows what gets through. Nothing stays
 * and nothing is installed. The exit status is 0, or 1 where a transport in use does not get through.
 *
 * @throws VisibleError when the stack cannot be found, or has no such home
 */
export async function probe(options: ProbeOptions): Promise<void> {
  const stack = await readStack(options);
  const reports: ProbeReport[] = [];
  // One after the other: they would meet at the relay's end.
  for (const home of homesOf(stack, options.home)) reports.push(await probeHome(stack, home));
  process.stdout.write(
    options.json ? `${JSON.stringify({ homes: reports }, undefined, 2)}\n` : reports.map(told).join("\n"),
  );
  process.exitCode = reports.every(({ works }) => works) ? 0 : 1;
}

function homesOf({ spec }: Stack, name: string | undefined): ManagedHome[] {
  const all = endedHomes(spec).filter((home) => home.end !== "manual");
  const found = all.filter((home) => name === undefined || home.name === name);
  if (found.length > 0) return found;
  const names = all.map((home) => home.name).join(", ");
  throw new VisibleError({
    key: name === undefined ? "homes" : "--home",
    ...(name === undefined ? {} : { value: name }),
    problem: "is no home with an end that can be logged in to",
    cure: names === "" ? "homes with `end: openwrt` or `debian` can be probed" : `name one of ${names}`,
  });
}

async function probeHome(stack: Stack, home: ManagedHome): Promise<ProbeReport> {
  const inUse = pathsOf(home).map(choiceOf);
  const report = { home: home.name, inUse: inUse.map(choiceName) };
  try {
    const outcomes = await outcomesOf(stack, home, inUse);
    const works = inUse.every((own) => outcomes.some((each) => each.works && isSameChoice(each, own)));
    return { ...report, works, outcomes };
  } catch (error) {
    if (!(error instanceof VisibleError)) throw error;
    const problem = error.faults.map(({ key, problem: what }) => `${key} ${what}`).join("; ");
    return { ...report, works: false, problem, outcomes: [] };
  }
}

async function outcomesOf(stack: Stack, home: ManagedHome, inUse: readonly Choice[]): Promise<Outcome[]> {
  const { spec, facts, relay, homes } = stack;
  const target = homes[home.name];
  if (target === undefined) throw new Error(`no way to home ${home.name}`);
  const open = reopen(home);
  const now = await askAutoHome(open, target);
  // Of a tunnel in use, what it was made from counts.
  const possibilities = now.map(
    (each): Possibility =>
      inUse.some((own) => isSameChoice(each.choice, own))
        ? { ...each, facts: facts.homes[home.name] ?? each.facts }
        : each,
  );
  const index = spec.homes.findIndex(({ name }) => name === home.name);
  const all = candidatesFor(open, index, facts.relay, possibilities);
  return withSession(relay, (relaySession) =>
    withSession(target, (homeSession) => probeAll({ relay: relaySession, home: homeSession }, all)),
  );
}

function choiceOf({ transport, wireguard }: TunnelHomeSpec): Choice {
  const found = candidates.find(
    (each) =>
      each.transport === transport && (each.over === undefined || each.over === (wireguard?.over ?? "ipv6")),
  );
  if (found === undefined) throw new Error(`${transport} is no candidate`);
  return found;
}

/** For people. */
function told({ home, inUse, problem, outcomes }: ProbeReport): string {
  const lines = problem === undefined ? outcomeLines(outcomes) : [problem];
  return `${home}: ${inUse.join(" and ")} ${inUse.length === 1 ? "is" : "are"} in use\n${lines.map((line) => `  ${line}\n`).join("")}`;
}
