import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { sectioned, sections } from "../../src/facts/sections.ts";

describe.each([["sh"], ["busybox", "ash"]])("a question of several commands, asked of %s", (...shell) => {
  const ask = (commands: Record<string, string>) => {
    const [command = "", ...args] = shell;
    return sections(
      execFileSync(command, [...args, "-c", sectioned(commands)], { encoding: "utf8", stdio: "pipe" }),
    );
  };

  it("is answered by section", () => {
    expect(ask({ one: "echo 1; echo 2", two: "printf 'a == b\\n'" })).toEqual({
      one: "1\n2\n",
      two: "a == b\n",
    });
  });

  it("goes on after a command that fails or is not there", () => {
    expect(ask({ failing: "false", missing: "no-such-command", last: "echo here" })).toEqual({
      failing: "",
      missing: "",
      last: "here\n",
    });
  });
});
