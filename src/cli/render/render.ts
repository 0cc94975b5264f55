import { type Choices, isAuto, type OpenSpec, settle } from "../../config/index.ts";
import { type Fault, VisibleError } from "../../errors.ts";
import { plan } from "../../plan/index.ts";
import { render as renderBundles, renderManual } from "../../render/index.ts";
import { tunnelKinds } from "../../transports/index.ts";
import { readSpec, warn } from "../config.ts";
import { knownFacts } from "./facts.ts";
import { choicesIn, readFactsFile } from "./factsFile.ts";
import { writeFolder } from "./folder.ts";
import type { Complaints } from "./judge.ts";
import { type RelayOptions, relayFacts } from "./relayFacts.ts";
import { steps } from "./steps.ts";
import { factsFile, folderOf, type TreeFile, treeOf } from "./tree.ts";

/** The options of `relay4in6 render`. */
export interface RenderOptions extends RelayOptions {
  config: string;
  homePrefix: readonly string[];
  facts?: string;
  out?: string;
  stdout?: boolean;
  force?: boolean;
}

/**
 * Writes what `up` would put on each machine, as trees that mirror their file systems, with scripts and steps
 * to install it by hand.
 *
 * @throws VisibleError with the faults of config and options together, before anything is written
 */
export function render(options: RenderOptions): void {
  const files = renderFiles(options);
  if (options.out === undefined) {
    for (const { path, mode, text } of files) process.stdout.write(`==> ${path} (${mode}) <==\n${text}\n`);
    return;
  }
  writeFolder(options.out, files, options.force ?? false);
  process.stdout.write(`${files.length} files are in ${options.out}; the steps are in its README.md.\n`);
}

function renderFiles(options: RenderOptions): TreeFile[] {
  const complaints: Complaints = { faults: outputFaults(options), warnings: [] };
  const { faults } = complaints;
  const wanted = attempt(() => readSpec(options.config), faults);
  const told = attempt(
    () => (options.facts === undefined ? undefined : readFactsFile(options.facts)),
    faults,
  );
  const choices = told === undefined ? {} : choicesIn(told);
  const assumed = wanted === undefined ? [] : assumedHomes(wanted, choices);
  const spec =
    wanted && settle(wanted, { ...Object.fromEntries(assumed.map((name) => [name, fastest])), ...choices });
  // Without the facts file that was named, what it may have told is not missing.
  const isUnread = options.facts !== undefined && told === undefined;
  const relay = isUnread ? undefined : relayFacts(options, told, complaints);
  const known =
    spec === undefined || isUnread
      ? undefined
      : knownFacts(spec, relay, options.homePrefix, told, complaints);
  warn(complaints.warnings);
  if (spec === undefined || known === undefined || faults.length > 0) {
    const count = faults.length === 1 ? "1 fault" : `${faults.length} faults`;
    throw new VisibleError(faults, `${count}; nothing was written.`);
  }
  const { facts } = known;
  const assumptions = [
    ...assumed.map(
      (name) => `${name}: nobody has probed which tunnel gets through, so it is ${fastest.transport}`,
    ),
    ...known.assumptions,
  ];
  const planned = plan(spec, facts);
  return [
    steps(spec, planned, facts.relay.prefix, assumptions),
    factsFile(facts),
    ...renderBundles(planned).flatMap(treeOf),
    ...planned.homes.flatMap((home) => {
      const lan = facts.homes[home.name]?.lan;
      if (home.end !== "manual" || lan === undefined) return [];
      const { text, mode } = renderManual(home, { publicIpv4: facts.relay.ipv4, lan });
      return [{ path: `${folderOf(home)}/README.md`, text, mode }];
    }),
  ];
}

/** Homes with `transport: auto` of which nobody told what it came to. */
function assumedHomes({ homes }: OpenSpec, choices: Choices): string[] {
  return homes.filter((home) => isAuto(home) && !Object.hasOwn(choices, home.name)).map(({ name }) => name);
}

/** What such a home is taken to have: what is tried first. */
const fastest = { transport: tunnelKinds[0] };

function outputFaults({ out, stdout = false }: RenderOptions): Fault[] {
  if ((out === undefined) === stdout) return [];
  const problem = out === undefined ? "is missing" : "stands beside --stdout";
  return [{ key: "--out", problem, cure: "write either --out DIR or --stdout" }];
}

/** What `work` returns; its faults are put with the others. */
function attempt<T>(work: () => T, faults: Fault[]): T | undefined {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof VisibleError)) throw error;
    faults.push(...error.faults);
    return undefined;
  }
}
