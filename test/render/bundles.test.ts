import { describe, expect, it } from "vitest";
import { type Bundle, render } from "../../src/render/index.ts";
import { examples } from "./specs.ts";

/** A bundle as one text, to be read beside its templates. */
const asText = ({ files, state, packages }: Bundle) =>
  [...files, ...state]
    .map(({ path, mode, text }) => `==> ${path} ${mode} <==\n${text}`)
    .join("\n")
    .concat(`\npackages: ${packages.join(" ")}\n`);

const bundles = Object.entries(examples).flatMap(([example, plan]) =>
  render(plan).map((bundle) => ({ example, name: bundle.name, bundle })),
);

describe("a bundle", () => {
  it.each(bundles)("of $example's $name is what it was", async ({ example, name, bundle }) => {
    await expect(asText(bundle)).toMatchFileSnapshot(`snapshots/${example}-${name}.txt`);
  });

  it.each(bundles)("of $example's $name is the same each time", ({ example, name, bundle }) => {
    const again = render(examples[example] as never).find((other) => other.name === name);
    expect(again).toEqual(bundle);
  });

  it.each(bundles)(
    "of $example's $name has no path twice, and scripts alone are executable",
    ({ bundle }) => {
      const all = [...bundle.files, ...bundle.state];
      expect(new Set(all.map(({ path }) => path)).size).toBe(all.length);
      for (const { text, mode } of all) expect(mode).toBe(text.startsWith("#!") ? "0755" : "0644");
      for (const { text } of all) expect(text.endsWith("\n")).toBe(true);
    },
  );

  it("is not made for a manual home: that one has instructions", () => {
    expect(bundles.filter(({ example }) => example === "full").map(({ name }) => name)).toEqual([
      "relay",
      "haus",
      "hof",
    ]);
  });
});
