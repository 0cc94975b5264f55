import { describe, expect, it } from "vitest";
import { z } from "zod";
import { configJsonSchema, type JsonSchema, stackFileJsonSchema } from "../../src/config/jsonSchema.ts";
import { configReference } from "../../src/config/reference.ts";
import { config, manualHome, serving } from "./examples.ts";

/** Every key of a schema with its path. */
function keysOf(node: JsonSchema, path: string): [string, JsonSchema][] {
  const branches = [...(node.oneOf ?? []), ...(node.anyOf ?? []), ...(node.items ? [node.items] : [])];
  const own = Object.entries(node.properties ?? {});
  return [
    ...own.map(([key, part]): [string, JsonSchema] => [`${path}.${key}`, part]),
    ...own.flatMap(([key, part]) => keysOf(part, `${path}.${key}`)),
    ...branches.flatMap((branch) => keysOf(branch, path)),
  ];
}

describe("configJsonSchema", () => {
  it("is the input side: what has a default may be left out", () => {
    const schema = configJsonSchema();
    expect(schema.required).toEqual(["homes", "services"]);
    expect(schema.properties?.relay?.oneOf?.[0]?.required).toBeUndefined();
  });

  it("describes every key, with an example", () => {
    const keys = keysOf(configJsonSchema(), "");
    expect(keys.length).toBeGreaterThan(40);
    const bare = keys.filter(([, part]) => !part.description || !part.examples?.length);
    expect(bare.map(([key]) => key)).toEqual([]);
  });

  it("judges structure as the parser does, read back by another way", () => {
    const schema = z.fromJSONSchema(configJsonSchema() as Parameters<typeof z.fromJSONSchema>[0]);
    const right = [config(), config({ relay: { location: "nbg1" } }), config({ homes: [manualHome()] })];
    for (const raw of right) expect(schema.safeParse(JSON.parse(JSON.stringify(raw))).success).toBe(true);
    const wrong = [{}, config({ relays: 1 }), serving({ port: 0, to: "10.0.0.1" }), config({ homes: [] })];
    for (const raw of wrong) expect(schema.safeParse(raw).success).toBe(false);
  });

  it("has the namespace for a stack's file", () => {
    const inner = stackFileJsonSchema().properties?.config;
    expect(Object.keys(inner?.properties ?? {})).toEqual([
      "relay4in6:relay",
      "relay4in6:homes",
      "relay4in6:services",
    ]);
    expect(inner?.required).toEqual(["relay4in6:homes", "relay4in6:services"]);
  });
});

describe("configReference", () => {
  const lines = configReference().trimEnd().split("\n");

  it("is a Markdown table with a row for every key", () => {
    expect(new Set(lines.map((line) => line.replaceAll("\\|", "").split("|").length))).toEqual(new Set([7]));
    const named = new Set(lines.slice(2).map((line) => /`([^`]+)`/.exec(line)?.[1]?.replaceAll("[]", "")));
    const keys = new Set(keysOf(configJsonSchema(), "").map(([key]) => key.slice(1)));
    expect(named).toEqual(keys);
  });

  it("tells values, defaults and where a key belongs", () => {
    expect(lines).toContain("| `relay.location` | hcloud | text | `fsn1` | location of the relay |");
    expect(lines).toContain(
      "| `services[].protocol` |  | `tcp`, `udp`, `both` | `tcp` | protocol of the ports |",
    );
    expect(lines.find((line) => line.startsWith("| `homes[].ssh.host`"))).toMatch(
      /\| openwrt, debian \| text \| must be written \|/,
    );
  });
});
