import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { caseNames } from "../lab/packets/packets.ts";

const page = readFileSync(new URL("../docs/rfc.md", import.meta.url), "utf8");
/** The last cell of each line of a table. */
const verdicts = page
  .split("\n")
  .filter((line) => line.startsWith("|") && !/^\| (section|---)/.test(line))
  .map((line) => line.split("|").at(-2)?.trim() ?? "");

describe("docs/rfc.md", async () => {
  const names = await caseNames();

  it.each(verdicts.filter((verdict) => /^test: |^ECN is: test: /.test(verdict)))(
    "names a case: %s",
    (verdict) => {
      expect(names).toContain(verdict.replace(/^.*?test: /, ""));
    },
  );

  it.each(verdicts.filter((verdict) => !/^test: |^ECN is: test: /.test(verdict)))(
    "says why there is none, and the tests that it mentions exist: %s",
    (verdict) => {
      expect(verdict).toMatch(/^(none of ours|untestable here|not met|see above)/);
      const [, mentioned = ""] = /Tests?: (.*)$/.exec(verdict) ?? [];
      const quoted = [...mentioned.matchAll(/"([^"]+)"/g)].map(([, name]) => name as string);
      for (const name of quoted.length > 0 || mentioned === "" ? quoted : [mentioned])
        expect(names).toContain(name);
    },
  );
});
