import { z } from "zod";
import {
  atEndpoint,
  endedHomes,
  type OpenSpec,
  parseOpenSpec,
  readPrivateKey,
  type Spec,
  type SshSpec,
  settle,
} from "../config/index.ts";
import type { Target } from "../deliver/index.ts";
import { VisibleError } from "../errors.ts";
import type { Facts } from "../facts/facts.ts";
import { type Plan, plan } from "../plan/index.ts";
import { readSpec } from "./config.ts";
import { readNamedFile } from "./input.ts";
import { askPulumi } from "./pulumi.ts";
import { choicesIn, parseFacts } from "./render/factsFile.ts";

/** Where a command finds the stack: pulumi is asked for what no file is named for. */
export interface StackOptions {
  /** Name of the stack. @default the selected one */
  stack?: string;
  /** File that `pulumi stack output --json` wrote. */
  outputs?: string;
  /** The stack's Pulumi.NAME.yaml, or a file with the same keys. */
  config?: string;
}

/** A deployed stack: what was wanted, what the ends are, what was decided, and how to log in to them. */
export interface Stack {
  spec: Spec;
  facts: Facts;
  plan: Plan;
  relay: Target;
  /** By the home's name; a manual home has none. */
  homes: Readonly<Record<string, Target>>;
}

/** The outputs of index.ts that are needed here. */
const outputShape = z.object({
  facts: z.unknown(),
  access: z.object({
    host: z.string(),
    port: z.int(),
    user: z.string(),
    hostKey: z.string(),
  }),
});

/**
 * Finds the ends of a deployed stack. No secret is asked for: the private keys are the operator's own files.
 *
 * @throws VisibleError when there is no pulumi, no stack or no outputs yet, or a private key cannot be read
 */
export async function readStack(options: StackOptions): Promise<Stack> {
  const [wanted, outputs] = await Promise.all([specOf(options), outputsOf(options)]);
  const facts = parseFacts(outputs.facts, "outputs: facts");
  const spec = settle(wanted, choicesIn(facts));
  missingHomes(spec, facts);
  const { relay } = spec;
  const key = relay.provider === "existing" ? relay.ssh.key : relay.key;
  const homes = await Promise.all(
    endedHomes(spec).flatMap((home) =>
      home.end === "manual" ? [] : [target(home.name, home.ssh).then((each) => [home.name, each] as const)],
    ),
  );
  return {
    spec,
    facts,
    plan: plan(spec, facts),
    relay: await target("relay", key === undefined ? outputs.access : { ...outputs.access, key }),
    homes: Object.fromEntries(homes),
  };
}

async function specOf({ config, stack }: StackOptions): Promise<OpenSpec> {
  if (config !== undefined) return readSpec(config);
  const told = z
    .record(z.string(), z.object({ value: z.unknown().optional(), objectValue: z.unknown().optional() }))
    .parse(await askPulumi(["config"], stack));
  const raw = ["relay", "homes", "services"].flatMap((key) => {
    const entry = told[`relay4in6:${key}`];
    return entry === undefined ? [] : [[key, entry.objectValue ?? entry.value]];
  });
  // What is likely not meant was told by `up`.
  return parseOpenSpec(Object.fromEntries(raw)).spec;
}

async function outputsOf({ outputs, stack }: StackOptions): Promise<z.infer<typeof outputShape>> {
  const told = outputs === undefined ? await askPulumi(["stack", "output"], stack) : readOutputsFile(outputs);
  const parsed = outputShape.safeParse(told);
  if (parsed.success && parsed.data.facts !== undefined) return parsed.data;
  const isEmpty = typeof told !== "object" || told === null || Object.keys(told).length === 0;
  throw new VisibleError({
    key: outputs === undefined ? "pulumi stack output" : "--outputs",
    ...(outputs === undefined ? {} : { value: outputs }),
    problem: isEmpty
      ? "the stack has no outputs yet"
      : "the outputs are of another program, or of an older relay4in6",
    cure: `run: pulumi up${outputs === undefined ? "" : "; then: pulumi stack output --json >FILE"}`,
  });
}

function readOutputsFile(path: string): unknown {
  const text = readNamedFile("--outputs", path, "a file that `pulumi stack output --json` wrote");
  try {
    return JSON.parse(text);
  } catch {
    throw new VisibleError({
      key: "--outputs",
      value: path,
      problem: "is no JSON",
      cure: "write the file anew: pulumi stack output --json >FILE",
    });
  }
}

/** A home that the config has and the last `up` did not know, or did not ask for what it needs now. */
function missingHomes(spec: Spec, facts: Facts): void {
  const ended = endedHomes(spec);
  const faults = ended
    .filter(({ name }) => !Object.hasOwn(facts.homes, name))
    .map(({ name }) => ({
      key: `homes: ${name}`,
      problem: "the config has this home, and the stack does not yet",
      cure: "run: pulumi up",
    }));
  const unasked = ended
    .filter((home) => atEndpoint(home) !== undefined && facts.homes[home.name]?.prefix === undefined)
    .filter(({ name }) => Object.hasOwn(facts.homes, name))
    .map(({ name, transport }) => ({
      key: `homes: ${name}`,
      problem: `the config has \`transport: ${transport}\`, and the stack another one that needed no prefix`,
      cure: "run: pulumi up",
    }));
  if (faults.length + unasked.length > 0) throw new VisibleError([...faults, ...unasked]);
}

async function target(name: string, { key, ...ssh }: SshSpec): Promise<Target> {
  return key === undefined ? { name, ...ssh } : { name, ...ssh, privateKey: await readPrivateKey(key) };
}
