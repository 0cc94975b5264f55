import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { breaks } from "../lab/breaks/index.ts";
import { configReference } from "../src/config/index.ts";
import { findingIds } from "../src/doctor/index.ts";

test("docs/config.md is the schema's own table", () => {
  const page = readFileSync(new URL("../docs/config.md", import.meta.url), "utf8");
  expect(page).toContain(configReference().trim());
});

test("docs/trouble.md has each of doctor's words, and no other", () => {
  const page = readFileSync(new URL("../docs/trouble.md", import.meta.url), "utf8");
  const [, words = ""] = page.split("## By doctor's word");
  const named = [...words.matchAll(/^\| (`[a-z0-9-]+`(?:, `[a-z0-9-]+`)*) \|/gm)].flatMap(([, cell = ""]) =>
    cell.replaceAll("`", "").split(", "),
  );
  expect(named.toSorted()).toEqual([...findingIds].toSorted());
});

test("the lab breaks what can be broken there, and doctor knows it by a word", () => {
  const untried = findingIds.filter((id) => !breaks.some(({ finding }) => finding === id));
  expect(untried).toEqual([
    "server-gone",
    "process-stopped",
    // Of two paths: lab/proof/paths.ts.
    "path-left",
  ]);
});
