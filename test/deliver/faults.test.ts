import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import {
  type Disturbance,
  GOALS,
  type Goal,
  goalNames,
  isPossible,
  type State,
  steps,
} from "../../lab/faults/matrix.ts";
import { apply, inspect, remove } from "../../src/deliver/index.ts";
import { type Bundle, render } from "../../src/render/index.ts";
import { debianHome, openwrtHome, planOf } from "../render/specs.ts";
import { everything as shown } from "./sandbox/everything.ts";
import { faultScript, faultsOf } from "./sandbox/faults.ts";
import { Sandbox, type System } from "./sandbox/sandbox.ts";

const { trial: trialSteps, keep: keepSteps } = steps();

const services = { old: [{ port: 443, to: "192.168.1.210" }], new: [{ port: 25, to: "192.168.1.211" }] };
const home = (which: keyof typeof services, end: object) =>
  render(planOf({ homes: [end], services: services[which] }))[1] as Bundle;

/** A machine whose runs are disturbed. */
interface End {
  readonly system: System;
  /** In the short form, every how many-th step is disturbed. */
  readonly every: number;
  /** Folder of a run. */
  readonly run: string;
  /** A file that a change changes. */
  readonly file: string;
  bundle(which: keyof typeof services): Bundle;
}

const debian = { system: "debian", run: "/run/relay4in6", file: "/etc/relay4in6/sets" } as const;
const ends: Readonly<Record<string, End>> = {
  relay: {
    ...debian,
    every: 1,
    bundle: (which) => render(planOf({ services: services[which] }))[0] as Bundle,
  },
  hof: { ...debian, every: 3, bundle: (which) => home(which, debianHome) },
  haus: {
    system: "openwrt",
    every: 2,
    run: "/tmp/relay4in6",
    file: "/etc/relay4in6/firewall.uci",
    bundle: (which) => home(which, openwrtHome),
  },
};

/** Every fault at every step, each goal: `RELAY4IN6_FAULTS=all`. Else some steps with one fault each. */
function cases({ system, every, file }: End): Disturbance[] {
  const names = Object.keys(faultsOf(system));
  const all = [...trialSteps, ...keepSteps, `keep ${file}`].flatMap((step) =>
    names.flatMap((fault) => goalNames.map((goal) => ({ fault, step, goal }))),
  );
  const possible = all.filter(isPossible);
  if (process.env["RELAY4IN6_FAULTS"] === "all") return possible;
  const one = trialSteps.concat(keepSteps).flatMap((step, index) => {
    if (index % every !== every - 1) return [];
    const goal = (["change", "first run", "removal"] as const)[(index + Math.floor(index / 3)) % 3] as Goal;
    return [{ fault: names[index % names.length] as string, step, goal }];
  });
  // Files that were kept before this one are put back where there is no room; and a run's leavings are nobody's state.
  return [
    ...one,
    { fault: "disk full", step: `keep ${file}`, goal: "change" },
    { fault: "program killed", step: "has_room", goal: "change" },
  ];
}

describe.each(Object.entries(ends))("%s, whose run is disturbed", (name, end) => {
  let machine: Sandbox;
  const seen = {} as Record<State, string>;

  const everything = () => machine.run(`(${shown[end.system]}) || true`);
  /** Whether nobody is at work, or watches. */
  const quiet = () =>
    machine.run("grep -lE '[/]deliver|/tmp/relay4in6[.]' /proc/[0-9]*/cmdline || true") === "" &&
    !machine.has(`${end.run}/token`) &&
    !machine.has(`${end.run}/going-back`);
  const reach = (state: State) =>
    state === "nothing"
      ? remove(machine.target, end.bundle("old"))
      : apply(machine.target, end.bundle(state)).then(() => undefined);

  beforeAll(async () => {
    machine = await Sandbox.start(name, { system: end.system });
    // What a first use leaves, as the kernel's empty tables, is there from here on.
    await reach("old");
    await reach("nothing");
    for (const state of ["nothing", "new", "old"] as const) {
      await reach(state);
      seen[state] = everything();
    }
  }, 600_000);
  afterAll(() => machine.stop());

  it.each(cases(end))(
    "$goal, $fault at: $step",
    async ({ fault: kind, step, goal }) => {
      const [from, to] = GOALS[goal];
      const fault = faultsOf(end.system)[kind];
      if (fault === undefined) throw new Error(kind);
      await reach(from);
      expect(everything()).toBe(seen[from]);

      machine.run(
        `rm -f /run/fault-came; cat >/run/fault <<'END'\n${faultScript(step, fault)}END\nchmod +x /run/fault`,
      );
      // Time enough for a confirmation from a busy machine.
      const options = { watchdog: 20 };
      const run =
        to === "nothing"
          ? remove(machine.target, end.bundle(from as "old"), options)
          : apply(machine.target, end.bundle(to), options);
      let ended = false;
      const outcome = run
        .then(
          () => "done",
          (error) => error.faults?.[0]?.problem ?? String(error),
        )
        .finally(() => {
          ended = true;
        });
      await vi.waitUntil(() => ended || machine.has("/run/power-lost"), {
        timeout: 180_000,
        interval: 100,
      });
      expect(machine.has("/run/fault-came")).toBe(true);
      if (machine.has("/run/power-lost")) machine.powerCut();
      const said = await outcome;

      await vi.waitUntil(quiet, { timeout: 180_000, interval: 200 });
      machine.run(`rm -f /run/fault; ${fault.lift ?? "true"}`);
      const now = everything();
      const state = now === seen[to] ? to : from;
      expect(now).toBe(seen[state]);
      if (state === from) expect(said).not.toBe("done");
      expect((await inspect(machine.target, end.bundle("old"))).healthy).toBe(state !== "nothing");

      await reach(to);
      expect(everything()).toBe(seen[to]);
    },
    400_000,
  );
});
