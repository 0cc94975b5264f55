import { isDeepStrictEqual } from "node:util";
import type { Properties } from "../grpc.ts";
import type { Kind, Property } from "./kind.ts";
import { hasUnknown } from "./kind.ts";

const isRecord = (value: unknown): value is Properties =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const valid: Record<Property["type"], (value: unknown) => boolean> = {
  string: (value) => typeof value === "string",
  number: (value) => Number.isInteger(value),
  boolean: (value) => typeof value === "boolean",
  labels: (value) => isRecord(value) && Object.values(value).every((label) => typeof label === "string"),
  strings: (value) => Array.isArray(value) && value.every((item) => typeof item === "string"),
  numbers: (value) => Array.isArray(value) && value.every(Number.isInteger),
  rules: (value) => Array.isArray(value) && value.every(isRecord),
  publicNets: (value) => Array.isArray(value) && value.every(isRecord),
};

/** The bridge takes numbers and booleans that come as text, so programs may send them so. */
function coerce(type: Property["type"], value: unknown): unknown {
  if (type === "number" && typeof value === "string" && /^\d+$/.test(value)) return Number(value);
  if (type === "string" && typeof value === "number") return String(value);
  return value;
}

/**
 * Checks inputs and fills in defaults. A missing name is made from the resource's own and seven random digits,
 * and noted under `__defaults` as the bridge does.
 */
export function checkInputs(kind: Kind, name: string, olds: Properties, news: Properties, seed: Uint8Array) {
  const failures: [property: string, reason: string][] = [];
  const inputs: Properties = {};
  for (const [key, given] of Object.entries(news)) {
    if (key === "__defaults" || given === null) continue;
    const property = kind.properties[key];
    if (!property) {
      failures.push([key, "is not served by the lab's stand-in for the hcloud plugin"]);
      continue;
    }
    const value = coerce(property.type, given);
    if (!hasUnknown(value) && !valid[property.type](value))
      failures.push([key, `must be of type ${property.type}`]);
    inputs[key] = value;
  }
  const defaults: string[] = [];
  if (inputs.name === undefined) {
    const digits = Buffer.from(seed.subarray(0, 4)).toString("hex").slice(0, 7);
    inputs.name = (madeUp(olds) && olds.name) || `${name}-${digits}`;
    defaults.push("name");
  }
  for (const [key, { required, fallback }] of Object.entries(kind.properties)) {
    if (inputs[key] !== undefined) continue;
    if (required) failures.push([key, "is required"]);
    if (fallback === undefined || isRecord(fallback)) continue;
    inputs[key] = fallback;
    defaults.push(key);
  }
  inputs.__defaults = defaults;
  return { inputs, failures: [...failures, ...(kind.check?.(inputs) ?? [])] };
}

const madeUp = (inputs: Properties) => Array.isArray(inputs.__defaults) && inputs.__defaults.includes("name");

/** How new inputs differ from the state, which is the resource as last seen. */
export function diffInputs(kind: Kind, state: Properties, oldInputs: Properties, news: Properties) {
  const changed: string[] = [];
  for (const [key, property] of Object.entries(kind.properties)) {
    const wanted = news[key] ?? property.fallback;
    if (wanted === undefined && (property.computed || oldInputs[key] === undefined)) continue;
    const stored = property.stored && wanted !== undefined ? property.stored(wanted) : wanted;
    const now = state[key] ?? property.fallback;
    if (hasUnknown(wanted) || !isDeepStrictEqual(plain(stored), plain(now))) changed.push(key);
  }
  const replaces = changed.filter((key) => kind.properties[key]?.replaces);
  return {
    changed,
    replaces,
    // Two resources cannot have one name: a name that was not made up has to become free first.
    deleteBeforeReplace: replaces.length > 0 && !madeUp(news) && news.name === state.name,
  };
}

/** Objects of equal content are equal: prototypes and undefined members do not count. */
const plain = (value: unknown) => (value === undefined ? null : JSON.parse(JSON.stringify(value)));
