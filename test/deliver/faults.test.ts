import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { apply, inspect, remove } from "../../src/deliver/index.ts";
import { type Bundle, render } from "../../src/render/index.ts";
import { debianHome, planOf } from "../render/specs.ts";
import { faultScript, faults } from "./sandbox/faults.ts";
import { Sandbox } from "./sandbox/sandbox.ts";

/** The steps, read from the one place where they are listed. */
const transaction = readFileSync(new URL("../../templates/deliver/transaction.sh", import.meta.url), "utf8");
const listed = (name: string) => new RegExp(`^${name}='(.*)'$`, "m").exec(transaction)?.[1]?.split(" ") ?? [];
const trialSteps = listed("apply_steps");
const keepSteps = listed("keep_steps");

/** From what state to what state a run goes. */
const goals = {
  "first run": ["nothing", "old"],
  change: ["old", "new"],
  removal: ["old", "nothing"],
} as const;
type Goal = keyof typeof goals;
type State = "nothing" | "old" | "new";

const services = { old: [{ port: 443, to: "192.168.1.210" }], new: [{ port: 25, to: "192.168.1.211" }] };
const ends = {
  relay: (which: "old" | "new") => render(planOf({ services: services[which] }))[0] as Bundle,
  debian: (which: "old" | "new") =>
    render(planOf({ homes: [debianHome], services: services[which] }))[1] as Bundle,
};

interface Case {
  fault: string;
  step: string;
  goal: Goal;
}
/** Every fault at every step, each goal: `RELAY4IN6_FAULTS=all`. Else each step with one fault, or every third. */
function cases(every: 1 | 3): Case[] {
  const names = Object.keys(faults);
  const steps = [...trialSteps, ...keepSteps, "keep /etc/relay4in6/sets"];
  const all = steps.flatMap((step) =>
    names.flatMap((fault) => (Object.keys(goals) as Goal[]).map((goal) => ({ fault, step, goal }))),
  );
  // A removal has no files to keep, and starts nothing that could refuse to.
  const possible = all.filter(({ step, goal }) => goal !== "removal" || !step.startsWith("keep /"));
  if (process.env["RELAY4IN6_FAULTS"] === "all") return possible;
  return steps.flatMap((step, index) => {
    if (index % every !== every - 1) return [];
    const goal = step.startsWith("keep /")
      ? "change"
      : (["change", "first run", "removal"] as const)[(index + Math.floor(index / 3)) % 3];
    return [{ fault: names[index % names.length] as string, step, goal: goal as Goal }];
  });
}

describe.each(["relay", "debian"] as const)("a %s whose run is disturbed", (end) => {
  let machine: Sandbox;
  const seen = {} as Record<State, string>;

  /** All that a run makes or changes, on the disk and alive. A device's own number and address are not of that. */
  const everything = () =>
    machine.run(`
      find /etc/relay4in6* /etc/network /etc/systemd /var/lib/relay4in6* -type f -exec cksum {} + 2>/dev/null | sort
      find /etc/systemd /var/lib -name '*relay4in6*' -printf '%p %y %l\\n' | sort
      ls -d /sys/class/net/wrap* 2>/dev/null; ip rule; ip -4 route show table all | sort
      ip -6 addr show dev eth0 scope global | grep inet6 | sort; cat /proc/sys/net/ipv4/ip_forward
      { iptables-save; ip6tables-save; } 2>/dev/null | grep RELAY4IN6 | sed 's/ \\[.*//'
      nft -s list table ip relay4in6 2>/dev/null; ipset save | sed 's/ initval .*//' | sort`);
  /** Whether nobody is at work, or watches. */
  const quiet = () =>
    machine.run("grep -l '[/]relay4in6' /proc/[0-9]*/cmdline || true") === "" &&
    !machine.has("/run/relay4in6/token") &&
    !machine.has("/run/relay4in6/going-back");
  const reach = (state: State) =>
    state === "nothing"
      ? remove(machine.target, ends[end]("old"))
      : apply(machine.target, ends[end](state)).then(() => undefined);

  beforeAll(async () => {
    machine = await Sandbox.start(end);
    // What a first use leaves, as the kernel's empty tables, is there from here on.
    await reach("old");
    await reach("nothing");
    for (const state of ["nothing", "new", "old"] as const) {
      await reach(state);
      seen[state] = everything();
    }
  }, 120_000);
  afterAll(() => machine.stop());

  it.each(cases(end === "relay" ? 1 : 3))(
    "$goal, $fault at: $step",
    async ({ fault: name, step, goal }) => {
      const [from, to] = goals[goal];
      const fault = faults[name];
      if (fault === undefined) throw new Error(name);
      await reach(from);
      expect(everything()).toBe(seen[from]);

      machine.run(
        `rm -f /run/fault-came; cat >/run/fault <<'END'\n${faultScript(step, fault)}END\nchmod +x /run/fault`,
      );
      const options = { watchdog: 8 };
      const run =
        to === "nothing"
          ? remove(machine.target, ends[end](from as "old"), options)
          : apply(machine.target, ends[end](to), options);
      let ended = false;
      const outcome = run
        .then(
          () => "done",
          (error) => error.faults?.[0]?.problem ?? String(error),
        )
        .finally(() => {
          ended = true;
        });
      await vi.waitUntil(() => ended || machine.has("/run/power-lost"), { timeout: 60_000, interval: 100 });
      expect(machine.has("/run/fault-came")).toBe(true);
      if (machine.has("/run/power-lost")) machine.powerCut();
      const said = await outcome;

      await vi.waitUntil(quiet, { timeout: 40_000, interval: 200 });
      machine.run(`rm -f /run/fault; ${fault.lift ?? "true"}`);
      const now = everything();
      const state = now === seen[to] ? to : from;
      expect(now).toBe(seen[state]);
      if (state === from) expect(said).not.toBe("done");
      expect((await inspect(machine.target, ends[end]("old"))).healthy).toBe(state !== "nothing");

      await reach(to);
      expect(everything()).toBe(seen[to]);
    },
    120_000,
  );
});
