import { expect, test } from "vitest";
import { atLeast, findVersion } from "../../../lab/pulumi/version.ts";

test("the first version in a text", () => {
  expect(findVersion("go version go1.25.11 linux/amd64")).toEqual([1, 25, 11]);
  expect(findVersion("v3.250.0")).toEqual([3, 250, 0]);
  expect(findVersion("go version go1.26 linux/amd64")).toEqual([1, 26, 0]);
  expect(findVersion("none")).toBeUndefined();
});

test("versions are compared by number", () => {
  expect(atLeast([1, 25, 11], [1, 25, 9])).toBe(true);
  expect(atLeast([1, 19, 8], [1, 25, 11])).toBe(false);
  expect(atLeast([2, 0, 0], [1, 25, 11])).toBe(true);
  expect(atLeast([3, 240, 0], [3, 240, 0])).toBe(true);
  expect(atLeast([3, 239, 9], [3, 240, 0])).toBe(false);
});
