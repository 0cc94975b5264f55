import type { $ZodIssue } from "zod/v4/core";
import type { ConfigInput } from "./schema.ts";

/** Everything may be missing; what is there has the schema's type. */
type Partially<T> = T extends (infer Item)[]
  ? (Partially<Item> | undefined)[]
  : T extends object
    ? { [Key in keyof T]?: Partially<T[Key]> | undefined }
    : T;

type Union<T> = T extends unknown ? keyof T : never;
/** One type for all variants of a discriminated union, as a draft may lack its discriminator. */
type Merged<T> = {
  [Key in Union<T>]?: Partially<T extends { [K in Key]?: infer V } ? V : never> | undefined;
};

export type DraftRelay = Merged<NonNullable<ConfigInput["relay"]>>;
export type DraftHome = Merged<ConfigInput["homes"][number]>;
export type DraftService = Merged<ConfigInput["services"][number]>;

/**
 * The config without the values that have a fault of structure. Rules judge a draft, so that one wrong
 * value does not hide the faults of all others. Places in the lists are those of the config.
 */
export interface Draft {
  relay: DraftRelay;
  homes: DraftHome[];
  services: DraftService[];
  /** The homes' names as written, right or wrong: a service that names one of these means that home. */
  homeNames: Set<unknown>;
  /** The keys that each home has as written, right or wrong: what is wrong is not what is absent. */
  homeKeys: Set<string>[];
  /** The keys that each service has as written, right or wrong: they tell what kind of service is meant. */
  serviceKeys: Set<string>[];
}

type Container = Record<PropertyKey, unknown>;

function isContainer(value: unknown): value is Container {
  return typeof value === "object" && value !== null;
}

/** A copy of `raw` without the value at `path`; a list keeps its places. */
function without(raw: unknown, path: PropertyKey[]): unknown {
  const [key, ...rest] = path;
  if (key === undefined || !isContainer(raw)) return undefined;
  if (!Object.hasOwn(raw, key)) return raw;
  const copy = Array.isArray(raw) ? [...raw] : { ...raw };
  (copy as Container)[key] = without(raw[key], rest);
  return copy;
}

/** Paths of all values that an issue makes unusable. */
function faultyPaths(issue: $ZodIssue): PropertyKey[][] {
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => [...issue.path, key]);
  // A list that is too long or too short still has right items.
  if (issue.code === "too_big" && issue.origin === "array") return [];
  return [issue.path];
}

const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const record = (value: unknown) => (isContainer(value) && !Array.isArray(value) ? value : {});

function writtenKeys(value: Container): Set<string> {
  return new Set(Object.keys(value).filter((key) => value[key] !== undefined));
}

/** Keeps of `raw` what no issue of the schema speaks of. */
export function draftOf(raw: unknown, issues: $ZodIssue[]): Draft {
  const kept = record(issues.flatMap(faultyPaths).reduce(without, raw));
  const written = record(raw);
  return {
    relay: record(kept.relay),
    homes: list(kept.homes).map(record),
    services: list(kept.services).map(record),
    homeNames: new Set(list(written.homes).map((home) => record(home).name)),
    homeKeys: list(written.homes).map((home) => writtenKeys(record(home))),
    serviceKeys: list(written.services).map((service) => writtenKeys(record(service))),
  };
}
