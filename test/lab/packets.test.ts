import { beforeAll, describe, expect, it } from "vitest";
import { type CaseResult, caseNames, sendPackets } from "../../lab/packets/packets.ts";

let results: Map<string, CaseResult>;

beforeAll(async () => {
  results = new Map((await sendPackets()).map((result) => [result.name, result]));
}, 2_000_000);

describe("packet in, packet out", async () => {
  it.each(await caseNames())("%s", (name) => {
    const result = results.get(name);
    expect(result?.error, name).toBeUndefined();
    expect(result?.steps.length, "a case has steps").toBeGreaterThan(0);
    for (const { what, sent, expected, came } of result?.steps ?? [])
      expect(came, `${what}; sent:\n${sent.join("\n")}`).toEqual(expected);
  });
});
