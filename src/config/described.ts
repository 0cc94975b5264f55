import { configJsonSchema, type JsonSchema } from "./jsonSchema.ts";

const DISCRIMINATORS = ["end", "provider"];

let root: JsonSchema | undefined;

const isObject = (value: unknown): value is Record<PropertyKey, unknown> =>
  typeof value === "object" && value !== null;

/** All variants of a place: of a union each branch, else the place itself. */
function variants(node: JsonSchema): JsonSchema[] {
  const branches = node.oneOf ?? node.anyOf;
  return branches ? branches.flatMap(variants) : [node];
}

/** The variant that the discriminator (`end`, `provider`) of the value chooses; all where it chooses none. */
function chosen(node: JsonSchema, value: unknown): JsonSchema[] {
  const all = variants(node);
  if (!isObject(value) || all.length < 2) return all;
  const fitting = all.filter(({ properties = {} }) =>
    DISCRIMINATORS.some((key) => {
      const { const: word, default: standard } = properties[key] ?? {};
      return word !== undefined && word === (value[key] ?? standard);
    }),
  );
  return fitting.length === 1 ? fitting : all.filter(({ properties }) => properties);
}

/** What the schema says about a place of the config: the place with its description, and its variants. */
export interface Described {
  description: string;
  example?: string;
  /** Keys that may stand there. */
  keys: string[];
  /** Keys that may stand there in another variant, such as `location` with `provider: hcloud`. */
  otherKeys: string[];
}

/** Looks up a path in the schema, choosing variants by what `raw` has there. */
export function described(path: readonly PropertyKey[], raw: unknown): Described {
  root ??= configJsonSchema();
  let nodes = [root];
  let value = raw;
  for (const key of path) {
    const parts = nodes.flatMap((node) => chosen(node, value));
    nodes = parts.flatMap((part) =>
      typeof key === "number" ? (part.items ?? []) : (own(part.properties, String(key)) ?? []),
    );
    value = isObject(value) ? value[key] : undefined;
  }
  const keysOf = (parts: JsonSchema[]) => [
    ...new Set(parts.flatMap((part) => Object.keys(part.properties ?? {}))),
  ];
  const keys = keysOf(nodes.flatMap((node) => chosen(node, value)));
  const example = nodes[0]?.examples?.[0];
  return {
    description: nodes[0]?.description ?? "",
    ...(example === undefined ? {} : { example: String(example) }),
    keys,
    otherKeys: keysOf(nodes.flatMap(variants)).filter((key) => !keys.includes(key)),
  };
}

function own<T>(record: Record<string, T> | undefined, key: string): T | undefined {
  return record && Object.hasOwn(record, key) ? record[key] : undefined;
}
