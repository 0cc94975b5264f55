import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { configReference } from "../src/config/index.ts";

test("docs/config.md is the schema's own table", () => {
  const page = readFileSync(new URL("../docs/config.md", import.meta.url), "utf8");
  expect(page).toContain(configReference().trim());
});
