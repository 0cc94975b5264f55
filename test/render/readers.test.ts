import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { script } from "../../src/deliver/index.ts";
import { type Plan, plan } from "../../src/plan/index.ts";
import { type Bundle, type BundleFile, render } from "../../src/render/index.ts";
import { specAndFacts } from "../plan/arbitraries.ts";
import { buildOpenwrtTools, readers, removeOpenwrtTools, Tree } from "./readers.ts";
import { examples } from "./specs.ts";

beforeAll(buildOpenwrtTools, 600_000);
afterAll(removeOpenwrtTools);

/** The examples and a handful of any other; the seed is fixed so that a failure is one tomorrow too. */
const random = fc.sample(specAndFacts, { numRuns: 4, seed: 4 }).map(({ spec, facts }) => plan(spec, facts));
const plans: [string, Plan][] = [
  ...Object.entries(examples),
  ...random.map((each, index): [string, Plan] => [`any${index + 1}`, each]),
];
const bundles = plans.flatMap(([title, each]) =>
  render(each).map((bundle): [string, Bundle] => [`${title}'s ${bundle.name}`, bundle]),
);

/** Equal files of two bundles are read once; rules are read together with the sets that they name. */
const seen = new Set<string>();
function isNew(bundle: Bundle, path: string): boolean {
  const sets = /rules\.v[46]$/.test(path)
    ? bundle.files.find((file) => file.path.endsWith("/sets"))?.text
    : "";
  const key = `${path}\0${bundle.files.find((file) => file.path === path)?.text}\0${sets}`;
  if (seen.has(key)) return false;
  seen.add(key);
  return true;
}

describe("every file is what its reader takes", () => {
  it.each(bundles)("of %s", async (_title, bundle) => {
    const tree = new Tree(bundle.files);
    try {
      for (const { path } of bundle.files) {
        const matching = readers.filter(([pattern]) => pattern.test(path));
        expect(matching, `one reader for ${path}`).toHaveLength(1);
        if (isNew(bundle, path)) for (const [, read] of matching) await read(tree, path);
      }
    } finally {
      tree.remove();
    }
  });
});

/** So that the readers above are known to be able to say no. */
describe("a spoiled file is refused by its reader", () => {
  const files = render(examples.full as Plan)
    .flatMap((bundle) => bundle.files.map((file) => ({ file, bundle })))
    .filter(({ file: { path } }, index, all) => all.findIndex(({ file }) => file.path === path) === index);

  it.each(files.map(({ file, bundle }) => ({ path: file.path, file, bundle })))(
    "$path",
    async ({ path, file, bundle }) => {
      const spoiled = { ...file, text: spoil(file) };
      const tree = new Tree(bundle.files.map((each) => (each.path === path ? spoiled : each)));
      const [, read] = readers.find(([pattern]) => pattern.test(path)) ?? [];
      try {
        await expect((async () => read?.(tree, path))()).rejects.toThrow();
      } finally {
        tree.remove();
      }
    },
  );
});

/** ifupdown takes any option for one that a script of its folders may read; a list's line may be any path. */
function spoil({ path, text }: BundleFile): string {
  if (path.includes("/interfaces.d/")) return text.replace("inet static", "inet statik");
  return path.includes("/keep.d/") ? "/etc/other\n" : `${text}\nBogus = ( {\n`;
}

describe("the delivered script", () => {
  const kinds = ["relay", "openwrt", "debian"].map((end) => {
    const [, bundle] = bundles.find(([, candidate]) => candidate.end === end) ?? [];
    return { end, bundle: bundle as Bundle };
  });

  it.each(kinds)("of $end is a script to dash, busybox ash and shellcheck", ({ bundle }) => {
    const folder = mkdtempSync(join(tmpdir(), "relay4in6-script-"));
    const file = join(folder, "apply.sh");
    writeFileSync(file, script(bundle));
    try {
      for (const [command = "", ...args] of [
        ["sh", "-n"],
        ["busybox", "ash", "-n"],
        ["shellcheck", "-s", "dash"],
      ]) {
        execFileSync(command, [...args, file], { encoding: "utf8", stdio: "pipe" });
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it.each([["sh"], ["busybox", "ash"]])("holds a hostile name as data: %s", (...shell) => {
    const hostile = `$(echo ran >&2)'"\n; echo ran >&2\n`;
    const [command = "", ...args] = shell;
    const { bundle } = kinds[0] as { bundle: Bundle };
    const text = script({ ...bundle, name: hostile }, { holder: hostile });
    const [head = ""] = text.split("# mode and path of each file");
    const printed = execFileSync(command, [...args, "-c", `${head}\nprintf '%s\\0%s' "$name" "$holder"`], {
      encoding: "utf8",
    });
    expect(printed).toBe(`${hostile}\0${hostile}`);
  });

  it("does nothing when its transfer is cut off", () => {
    const { bundle } = kinds[0] as { bundle: Bundle };
    const lines = script(bundle).trimEnd().split("\n");
    expect(lines.at(-1)).toBe('main "$@"');
    const cut = lines.slice(0, -1).join("\n");
    expect(execFileSync("sh", { input: cut, encoding: "utf8", stdio: "pipe" })).toBe("");
  });
});
