import { execFileSync } from "node:child_process";
import { describe, it } from "vitest";
import { scripts } from "./scripts.ts";

describe("what an end is sent to probe", () => {
  it.each(Object.entries(scripts))("is clean POSIX shell: %s", (_, script) => {
    execFileSync("shellcheck", ["-s", "dash", "-"], { input: script });
    execFileSync("dash", ["-n"], { input: script });
    execFileSync("busybox", ["ash", "-n"], { input: script });
  });
});
