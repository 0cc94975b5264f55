import fc from "fast-check";
import { expect, it } from "vitest";
import { anyAnswers } from "./answers.ts";
import { anyConfig, anyConfigText, rightConfig } from "./configs.ts";
import { way } from "./way.ts";

/** `npm run fuzz` is the same a hundred thousand times, with the real parsers after it. */
const numRuns = 100;

it("any config and any answers: files, or a VisibleError that names the key", () => {
  const ends = new Map<string, number>();
  fc.assert(
    fc.property(anyConfig, anyAnswers, (value, answers) => {
      const { kind } = way({ value }, answers);
      ends.set(kind, (ends.get(kind) ?? 0) + 1);
    }),
    { numRuns },
  );
  // It would show nothing if all of them ended in one way.
  for (const kind of ["config refused", "facts refused", "rendered"])
    expect(ends.get(kind)).toBeGreaterThan(0);
});

it("any text of a config file", () => {
  fc.assert(
    fc.property(anyConfigText, anyAnswers, (text, answers) => {
      way({ text }, answers);
    }),
    { numRuns },
  );
});

it("any answers to a right config", () => {
  fc.assert(
    fc.property(rightConfig, anyAnswers, (value, answers) => {
      way({ value }, answers);
    }),
    { numRuns },
  );
});
