import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { relay4in6, temporaryFolder, write } from "./cli.ts";
import { mixed, shortest } from "./examples.ts";

const folder = temporaryFolder();

describe("check", () => {
  it("says that a right config is right", () => {
    const { code, stdout, stderr } = relay4in6("check", "--config", write(folder, "right.yaml", shortest));
    expect([code, stdout, stderr]).toEqual([0, "No fault: 1 home, 1 service.\n", ""]);
  });

  it("says what is likely not meant, and ends well", () => {
    const { code, stdout, stderr } = relay4in6("check", "--config", write(folder, "mixed.yaml", mixed));
    expect([code, stdout]).toEqual([0, "No fault: 3 homes, 5 services.\n"]);
    expect(stderr).toContain("warning: homes[0].prefix");
  });

  it("says every fault at once, without a stack and without running what is written there", () => {
    // YAML's own escape: the name holds a control character.
    const name = `"\\u001b[2J$(reboot)'"`;
    const hostile = shortest.replace("haus", () => name).replace("192.168.1.210", "127.0.0.1");
    const { code, stdout, stderr } = relay4in6("check", "--config", write(folder, "hostile.yaml", hostile));
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toContain("homes[0].name");
    expect(stderr).toContain("services[0].to");
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(stderr).not.toContain("\u001b");
  });

  it("names the line of what is no YAML", () => {
    const { code, stderr } = relay4in6("check", "--config", write(folder, "no.yaml", "homes: [\n"));
    expect(code).toBe(1);
    expect(stderr).toMatch(/line \d+, column \d+/);
  });
});

it("prints the schema of the bare keys and of a stack's file", () => {
  expect(Object.keys(JSON.parse(relay4in6("schema").stdout).properties)).toEqual([
    "relay",
    "homes",
    "services",
  ]);
  const stack = JSON.parse(relay4in6("schema", "--stack").stdout);
  expect(Object.keys(stack.properties.config.properties)).toContain("relay4in6:homes");
});

it("prints the reference of every key", () => {
  expect(relay4in6("reference").stdout).toContain("| `homes[].prefix` |");
});

it.each([["rendr"], ["render", "--config"], ["check"], ["render", "--config", "x", "--relay-ip", "1"]])(
  "refuses the command line %s %s",
  (...words) => {
    const { code, stderr } = relay4in6(...words);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: /);
  },
);

it("can be called by npx in a checkout", () => {
  const { bin } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  expect(bin).toEqual({ relay4in6: "bin/relay4in6" });
  const cwd = new URL("../../", import.meta.url);
  const { status, stdout } = spawnSync("npx", ["--no", "relay4in6", "reference"], { cwd, encoding: "utf8" });
  expect([status, stdout.slice(0, 7)]).toEqual([0, "| key |"]);
});
