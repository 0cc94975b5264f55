import type { $ZodIssue } from "zod/v4/core";
import type { Fault } from "../errors.ts";
import { described } from "./described.ts";
import { nearest } from "./nearest.ts";

const TYPE_WORDS: Record<string, string> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  record: "a group of keys",
  object: "a group of keys",
  null: "nothing",
};

/** Path of a config key as people write it: `services[2].port`. */
export function keyPathOf(path: readonly PropertyKey[]): string {
  const text = path.map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`)).join("");
  return text.replace(/^\./, "") || "config";
}

function valueAt(raw: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, key) => {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    return (value as Record<PropertyKey, unknown>)[key];
  }, raw);
}

function typeOf(value: unknown): string {
  if (value === null) return "nothing";
  if (typeof value === "number" && !Number.isInteger(value)) return "a number with a fraction";
  return TYPE_WORDS[Array.isArray(value) ? "array" : typeof value] ?? `a ${typeof value}`;
}

/** What to write at a place, in the schema's words. */
function whatToWrite(raw: unknown, path: readonly PropertyKey[]): string {
  const { description, example, keys } = described(path, raw);
  const key = path.at(-1);
  if (description === "")
    return keys.length > 0 ? `write a group of the keys ${keys.join(", ")}` : "leave it out";
  const shown =
    example === undefined ? "" : `, for example \`${typeof key === "string" ? `${key}: ` : ""}${example}\``;
  return `write ${description}${shown}`;
}

function unknownKeys(path: PropertyKey[], keys: string[], raw: unknown): Fault[] {
  const { keys: known, otherKeys } = described(path, raw);
  return keys.map((name) => {
    const place = { key: keyPathOf([...path, name]), value: valueAt(raw, [...path, name]) };
    if (otherKeys.includes(name)) {
      const kind = path[0] === "relay" ? "provider" : "end";
      const problem = `is not known beside this \`${kind}\``;
      return {
        ...place,
        problem,
        cure: `leave it out, or change \`${kind}\`; known here: ${known.join(", ")}`,
      };
    }
    const near = nearest(name, known);
    const cure = near ? `write \`${near}\`` : `leave it out; known here: ${known.join(", ")}`;
    return { ...place, problem: "is an unknown key", cure };
  });
}

/** @param told a cure that the schema itself has for this value */
function wrongChoice(
  place: { key: string; value: unknown },
  allowed: readonly unknown[],
  told?: string,
): Fault {
  const words = allowed.filter((word) => word !== undefined).map(String);
  const problem = words.length === 1 ? `is not ${words[0]}` : `is none of ${words.join(", ")}`;
  const near = typeof place.value === "string" ? nearest(place.value, words) : undefined;
  if (told !== undefined) return { ...place, problem, cure: told };
  const cure = near || words.length === 1 ? `write ${near ?? words[0]}` : `write one of ${words.join(", ")}`;
  if (place.value !== undefined) return { ...place, problem, cure };
  return { key: place.key, problem: "is missing", cure };
}

/** Faults of structure, in the words of the schema. */
export function faultsOfIssue(issue: $ZodIssue, raw: unknown): Fault[] {
  const value = valueAt(raw, issue.path);
  const place = { key: keyPathOf(issue.path), value };
  const cure = () => whatToWrite(raw, issue.path);
  if (issue.code === "unrecognized_keys") return unknownKeys(issue.path, issue.keys, raw);
  if (issue.code === "invalid_value") {
    // zod's own words say nothing that these do not.
    const told = issue.message.startsWith("Invalid") ? undefined : issue.message;
    return [wrongChoice(place, issue.values, told)];
  }
  if (issue.code === "invalid_union") {
    const choices = described(issue.path.slice(0, -1), raw);
    if (issue.discriminator !== undefined) return [wrongChoice(place, discriminators(choices.keys))];
    const nested = (branchOf(issue, value) ?? []).flatMap((part) =>
      faultsOfIssue({ ...part, path: [...issue.path, ...part.path] } as $ZodIssue, raw),
    );
    if (nested.length > 0) return nested;
    return [{ ...place, problem: `is ${typeOf(value)} that means nothing here`, cure: cure() }];
  }
  if (issue.code === "too_small" && issue.origin === "array") {
    return [{ ...place, problem: "is an empty list", cure: cure() }];
  }
  if (issue.code === "too_big" && issue.origin === "array") {
    const count = Array.isArray(value) ? value.length : "too many";
    const problem = `are ${count}, and a relay holds ${issue.maximum} at most`;
    return [{ key: place.key, problem, cure: "divide them between several relays (stacks)" }];
  }
  if (issue.code === "too_small" || issue.code === "too_big") {
    return [{ ...place, problem: "is out of range", cure: cure() }];
  }
  if (value === undefined) return [{ key: place.key, problem: "is missing", cure: cure() }];
  if (issue.code === "invalid_type") {
    const wanted = TYPE_WORDS[issue.expected] ?? issue.expected;
    return [{ ...place, problem: `is ${typeOf(value)}; ${wanted} is wanted`, cure: cure() }];
  }
  return [{ ...place, problem: issue.message, cure: cure() }];
}

/** The faults of what is meant: `lan` is a word or a group, `transport` a word or a list of words. */
function branchOf({ errors }: Extract<$ZodIssue, { code: "invalid_union" }>, value: unknown) {
  const hasList = errors.at(-1)?.some((issue) => issue.code === "invalid_type" && issue.expected === "array");
  if (Array.isArray(value)) return hasList === false ? errors.at(-1) : [];
  if (typeof value === "object" && value !== null) return hasList ? [] : errors.at(-1);
  return hasList ? errors[0] : [];
}

function discriminators(keys: string[]): string[] {
  return keys.includes("end") ? ["openwrt", "debian", "manual", "none"] : ["hcloud", "existing"];
}
