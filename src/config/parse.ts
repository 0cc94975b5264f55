import type { $ZodIssue } from "zod/v4/core";
import { type Fault, VisibleError } from "../errors.ts";
import { isProcess } from "../transports/index.ts";
import { buildSpec } from "./build.ts";
import { draftOf } from "./draft.ts";
import { faultsOfIssue } from "./issues.ts";
import { rules, warningRules } from "./rules/index.ts";
import { configSchema } from "./schema.ts";
import { type Choices, settle } from "./settle.ts";
import type { OpenSpec, Spec } from "./spec.ts";

type Group = Record<string, unknown>;

const isGroup = (value: unknown): value is Group =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * The config with a guess where `end` or `provider` is wrong or missing, so that the schema can judge
 * the other keys beside it too.
 */
function guessed(raw: unknown, issues: $ZodIssue[]): unknown {
  const wrong = issues.filter((issue) => issue.code === "invalid_union" && issue.discriminator !== undefined);
  if (wrong.length === 0 || !isGroup(raw)) return raw;
  const copy: Group = { ...raw };
  for (const { path } of wrong) {
    if (path[0] === "relay" && isGroup(raw.relay)) {
      copy.relay = { ...raw.relay, provider: "host" in raw.relay ? "existing" : "hcloud" };
    }
    const homes: unknown = copy.homes;
    if (path[0] !== "homes" || !Array.isArray(homes)) continue;
    const home: unknown = homes[Number(path[1])];
    if (!isGroup(home)) continue;
    const end = "ssh" in home ? "openwrt" : isProcess(home.transport) ? "none" : "manual";
    copy.homes = homes.with(Number(path[1]), { ...home, end });
  }
  return copy;
}

/** Every issue of structure: the schema itself stops at a wrong discriminator. */
function structuralIssues(raw: unknown): $ZodIssue[] {
  const first = configSchema.safeParse(raw).error?.issues ?? [];
  const guess = guessed(raw, first);
  if (guess === raw) return first;
  const told = new Set(first.map((issue) => JSON.stringify([issue.code, issue.path])));
  const more = configSchema.safeParse(guess).error?.issues ?? [];
  return [...first, ...more.filter((issue) => !told.has(JSON.stringify([issue.code, issue.path])))];
}

/**
 * Parses a config in which nothing is left open.
 *
 * @param choices what `transport: auto` came to, by the home's name
 * @throws VisibleError with every fault at once; and where a choice is missing, which nobody can make here
 */
export function parseSpec(raw: unknown, choices: Choices = {}): { spec: Spec; warnings: Fault[] } {
  const { spec, warnings } = parseOpenSpec(raw);
  return { spec: settle(spec, choices), warnings };
}

/**
 * Parses a config, the keys `relay`, `homes` and `services` as from YAML or JSON, and checks all that
 * can be checked without asking a machine or the cloud.
 *
 * @returns the Spec, and what is likely not meant but possible.
 * @throws VisibleError with every fault at once, each with key, value and cure.
 */
export function parseOpenSpec(raw: unknown): { spec: OpenSpec; warnings: Fault[] } {
  const issues = structuralIssues(raw);
  const draft = draftOf(raw, issues);
  const structural = issues.flatMap((issue) => faultsOfIssue(issue, raw));
  const faults = [...structural, ...rules.flatMap((rule) => rule(draft))];
  if (faults.length > 0) throw new VisibleError(inOrder(faults), titleOf(faults.length));
  return {
    spec: buildSpec(configSchema.parse(raw)),
    warnings: warningRules.flatMap((rule) => rule(draft)),
  };
}

/** Faults in the order of the config, so that each part can be mended in one go. */
function inOrder(faults: Fault[]): Fault[] {
  const place = ({ key }: Fault): [number, number] => {
    const [, part = "", index = "-1"] = /^([A-Za-z0-9_]+)(?:\[(\d+)\])?/.exec(key) ?? [];
    return [["relay", "homes", "services"].indexOf(part), Number(index)];
  };
  return faults.toSorted((a, b) => {
    const [partA, indexA] = place(a);
    const [partB, indexB] = place(b);
    return partA - partB || indexA - indexB;
  });
}

function titleOf(count: number): string {
  const faults = count === 1 ? "1 fault" : `${count} faults`;
  return `The config has ${faults}; nothing was changed.`;
}
