/**
 * `npm run fuzz [-- COUNT [SEED [SHAPES]]]`: COUNT random configs and COUNT random sets of machines' answers (100,000 unless
 * told) through parse, plan and render; then one bundle of each shape through the programs that read its files.
 */
import fc from "fast-check";
import type { Bundle } from "../../src/render/index.ts";
import { buildOpenwrtTools, readers, removeOpenwrtTools, Tree } from "../render/readers.ts";
import { type Answers, anyAnswers } from "./answers.ts";
import { anyConfig, anyConfigText, rightConfig } from "./configs.ts";
import { way } from "./way.ts";

const count = Number(process.argv[2] ?? 100_000);
const seed = Number(process.argv[3] ?? Date.now() % 2 ** 31);
/** As many bundles of other shapes go through the real parsers: each takes seconds. */
const mostShapes = Number(process.argv[4] ?? 120);

const bugs = new Map<string, { times: number; error: Error; input: unknown }>();
const shapes = new Map<string, Bundle[]>();

function round<T>(title: string, times: number, input: fc.Arbitrary<T>, run: (input: T) => string): void {
  const ends: Record<string, number> = {};
  const chunk = 500;
  for (let done = 0; done < times; done += chunk) {
    for (const each of fc.sample(input, { numRuns: Math.min(chunk, times - done), seed: seed + done })) {
      const end = attempt(each, run);
      ends[end] = (ends[end] ?? 0) + 1;
    }
  }
  console.log(
    `${title}: ${times} (${Object.entries(ends)
      .map(([end, n]) => `${end} ${n}`)
      .join(", ")})`,
  );
}

function attempt<T>(input: T, run: (input: T) => string): string {
  try {
    return run(input);
  } catch (thrown) {
    const error = thrown as Error;
    const place =
      error.stack
        ?.split("\n")
        .filter((line) => line.includes("/src/"))
        .slice(0, 2)
        .join("") ?? "";
    const known = bugs.get(place) ?? { times: 0, error, input };
    bugs.set(place, { ...known, times: known.times + 1 });
    return "BUG";
  }
}

function go(config: Parameters<typeof way>[0], answers: Answers): string {
  const end = way(config, answers);
  if (end.kind === "rendered" && shapes.size < mostShapes && !shapes.has(end.shape))
    shapes.set(end.shape, end.bundles);
  return end.kind;
}

/** Equal files are read once; rules are read together with the sets that they name. */
async function readAll(): Promise<void> {
  buildOpenwrtTools();
  const seen = new Set<string>();
  for (const [shape, bundles] of shapes) {
    for (const { files } of bundles) {
      const tree = new Tree(files);
      const sets = files.find(({ path }) => path.endsWith("/sets"))?.text;
      for (const { path, text } of files) {
        const key = `${path}\0${text}\0${/rules\.v[46]$/.test(path) ? sets : ""}`;
        const [, read] = readers.find(([pattern]) => pattern.test(path)) ?? [];
        if (seen.has(key)) continue;
        seen.add(key);
        try {
          if (read === undefined) throw new Error(`nothing reads ${path}`);
          await read(tree, path);
        } catch (error) {
          bugs.set(`${path} of ${shape}`, { times: 1, error: error as Error, input: text });
        }
      }
      tree.remove();
    }
  }
  removeOpenwrtTools();
  console.log(`read by the real programs: ${seen.size} files of ${shapes.size} shapes`);
}

console.log(`seed ${seed}`);
const quarter = Math.floor(count / 4);
round("configs, as values", count - quarter, fc.tuple(anyConfig, anyAnswers), ([value, answers]) =>
  go({ value }, answers),
);
round("configs, as text", quarter, fc.tuple(anyConfigText, anyAnswers), ([text, answers]) =>
  go({ text }, answers),
);
round("machines' answers to right configs", count, fc.tuple(rightConfig, anyAnswers), ([value, answers]) =>
  go({ value }, answers),
);
await readAll();
for (const [place, { times, error, input }] of bugs) {
  console.log(
    `\nBUG, ${times} times, ${place}\n${error.stack}\n${JSON.stringify(input, (_key, part) => (typeof part === "bigint" ? String(part) : part))?.slice(0, 3000)}`,
  );
}
console.log(`${bugs.size} bugs`);
process.exitCode = bugs.size === 0 ? 0 : 1;
