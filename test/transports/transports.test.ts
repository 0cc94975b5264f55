import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type Transport, transportKinds, transports } from "../../src/transports/index.ts";

const all: [string, Transport][] = transportKinds.map((kind) => [kind, transports[kind]]);

describe("the registry of transports", () => {
  it.each(all)("knows %s by its own name", (kind, transport) => {
    expect(transport.kind).toBe(kind);
    expect(transport.title).toMatch(/\S/);
  });

  it.each(all)("has a link script for %s", (_kind, { linkTemplate }) => {
    expect(existsSync(linkTemplate)).toBe(true);
  });

  it("has no two transports whose outer packets a filter could not tell apart", () => {
    const outers = all.map(([, { outer }]) => JSON.stringify(outer({}, 0)));
    expect(new Set(outers).size).toBe(outers.length);
  });
});
