import { configJsonSchema, type JsonSchema } from "./jsonSchema.ts";

interface Row {
  key: string;
  /** Variants that have the key; empty where all have it. */
  kinds: string[];
  values: string;
  standard: string;
  description: string;
}

function valuesOf(node: JsonSchema): string {
  if (node.const !== undefined) return `\`${node.const}\``;
  if (node.enum) return node.enum.map((word) => `\`${word}\``).join(", ");
  const branches = node.oneOf ?? node.anyOf;
  if (branches) return [...new Set(branches.map(valuesOf))].join(" or ");
  if (node.type === "integer") return `${node.minimum ?? ""} to ${node.maximum ?? ""}`;
  if (node.type === "boolean") return "`true`, `false`";
  if (node.type === "string") return "text";
  return node.type === "array" ? "list" : "group";
}

function standardOf(node: JsonSchema, required: boolean): string {
  if (required) return "must be written";
  if (node.default === undefined) return "";
  return typeof node.default === "object" ? "as below" : `\`${node.default}\``;
}

/** The word that tells a variant from the others: `openwrt`, `hcloud`. */
function kindOf(variant: JsonSchema): string | undefined {
  const parts = variant.properties ?? {};
  const word = (parts.end ?? parts.provider)?.const;
  return word === undefined ? undefined : String(word);
}

function rowsOf(node: JsonSchema, key: string, kinds: string[]): Row[] {
  const branches = node.oneOf ?? node.anyOf;
  if (branches) {
    return branches.flatMap((branch) => {
      const kind = kindOf(branch);
      return rowsOf(branch, key, kind ? [kind] : kinds);
    });
  }
  if (node.items) return rowsOf(node.items, `${key}[]`, kinds);
  return Object.entries(node.properties ?? {}).flatMap(([name, part]) => {
    const path = key === "" ? name : `${key}.${name}`;
    const standard = standardOf(part, node.required?.includes(name) ?? false);
    const row = { key: path, kinds, values: valuesOf(part), standard, description: part.description ?? "" };
    return [row, ...rowsOf(part, path, kinds)];
  });
}

/** Rows that differ only in their variant become one; all rows of a key stand together. */
function merged(rows: Row[]): Row[] {
  const keys = [...new Set(rows.map(({ key }) => key))];
  return keys.flatMap((key) => {
    const same = new Map<string, Row>();
    for (const row of rows.filter((other) => other.key === key)) {
      const text = JSON.stringify([row.values, row.standard, row.description]);
      const known = same.get(text);
      same.set(text, known ? { ...known, kinds: [...known.kinds, ...row.kinds] } : row);
    }
    return [...same.values()];
  });
}

const ALL_ENDS = ["openwrt", "debian", "manual", "none"];

const cell = (text: string) => text.replaceAll("|", "\\|");

/** The reference of the config as a Markdown table, made from the schema that judges it. */
export function configReference(): string {
  const lines = merged(rowsOf(configJsonSchema(), "", [])).map(
    ({ key, kinds, values, standard, description }) => {
      const only = ALL_ENDS.every((end) => kinds.includes(end)) ? "" : kinds.join(", ");
      return `| \`${key}\` | ${only} | ${cell(values)} | ${standard} | ${cell(description)} |`;
    },
  );
  const head = ["| key | with | values | default | meaning |", "| --- | --- | --- | --- | --- |"];
  return `${[...head, ...lines].join("\n")}\n`;
}
