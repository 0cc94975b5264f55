import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import type { Answer, Session } from "../../src/deliver/session.ts";
import { homeCounter, readCounts, relayCounter } from "../../src/doctor/ask/counter.ts";
import { debianQuestion } from "../../src/doctor/ask/debian.ts";
import { openwrtQuestion } from "../../src/doctor/ask/openwrt.ts";
import { relayQuestion } from "../../src/doctor/ask/relay.ts";
import type { DebianPlan, OpenwrtPlan } from "../../src/plan/index.ts";
import { planned } from "./whole.ts";

const [haus, zwei] = planned.homes as readonly [OpenwrtPlan, DebianPlan];

const nothing: Answer = { code: 0, stdout: "", stderr: "" };

/** What is sent to an end. */
async function sent(use: (session: Session) => Promise<unknown>): Promise<string> {
  let text = "";
  await use({
    run: async (_, stdin = "") => {
      text = stdin;
      return nothing;
    },
  });
  return text;
}

const scripts = {
  relay: await sent((session) => relayCounter(session, planned.relay, haus, "2001:db8::1")("show")),
  openwrt: await sent((session) => homeCounter(session, haus, "2001:db8::1")("show")),
  debian: await sent((session) => homeCounter(session, zwei, "2001:db8::1")("show")),
};

/** Runs a script in a network namespace of its own, where nothing of this machine is. */
function inNamespace(shell: string, script: string, words: string): string {
  return execFileSync("unshare", ["-mn", "sh", "-c", `${shell} -s ${words}`], {
    encoding: "utf8",
    input: script,
  });
}

describe("what an end is sent", () => {
  it.each(Object.entries(scripts))("is clean POSIX shell: %s", (_, script) => {
    execFileSync("shellcheck", ["-s", "dash", "-"], { input: script });
    execFileSync("busybox", ["ash", "-n"], { input: script });
  });

  it.each([
    ["relay", relayQuestion(planned.relay)],
    ["openwrt", openwrtQuestion(haus)],
    ["debian", debianQuestion(zwei)],
  ])("asks in clean POSIX shell: %s", (_, question) => {
    // Words are split on purpose where a file of /proc is echoed; a list of modules may be of one.
    execFileSync("shellcheck", ["-s", "dash", "-e", "SC2046,SC2086,SC2012,SC2043", "-"], {
      input: `#!/bin/sh\n${question}\n`,
    });
  });

  it.each([
    ["dash", scripts.relay, 3],
    ["busybox ash", scripts.openwrt, 3],
    ["dash", scripts.debian, 2],
  ])("counts from nought and leaves nothing behind: %s", (shell, script, counters) => {
    const output = inNamespace(shell, script, "begin begin cold show warm finish finish");
    const counts = readCounts(output.split(/^== show\n/m)[1]?.split("== ")[0]);
    expect(Object.entries(counts).filter(([name]) => /^(outer|public)_/.test(name))).toEqual(
      ["outer_in", "outer_out", "public_in"].slice(0, counters).map((name) => [name, 0]),
    );
    const after = `set -- begin cold finish\n${script}\necho "== left"; nft list ruleset; ip6tables-save | grep -c relay4in6 || true`;
    const [, left = ""] = inNamespace(shell, after, "begin").split("== left\n");
    expect(left.replace(/table ip6 (raw|mangle) \{[\s\S]*?^\}\n/gm, "").trim()).toBe("0");
  });
});
