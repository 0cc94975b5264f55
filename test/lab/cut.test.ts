/**
 * The k-th SSH connection of an `up` is cut, for every k: the next `up` finishes it, `destroy` empties cloud and ends.
 * Each connection carries one command, so that the k-th command is the k-th connection's.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { makeKeyPair } from "../../src/deliver/keyPair.ts";
import { Sandbox } from "../deliver/sandbox/sandbox.ts";
import { cuts, Wire } from "../deliver/sandbox/wire.ts";
import { Engine, type Outcome } from "./engine.ts";
import { SandboxMachines } from "./sandbox-machines.ts";

const MINUTE = 60_000;
const login = makeKeyPair();
const machines = new SandboxMachines(login);
const wire = new Wire();
let home: Sandbox;
let engine: Engine;
/** What the home has before anything is delivered to it. */
let untouched: string;

/** All that a run makes or changes at home, on the disk and alive. */
const atHome = () =>
  home.run(`
    find /etc /var/lib/*4in6* /run/*4in6* -type f -exec cksum {} + 2>/dev/null | sort; getent passwd relay4in6
    ls -d /sys/class/net/wrap* 2>/dev/null; ip rule; ip -4 route show table all | sort
    ip -6 addr show dev eth0 scope global | grep inet6; cat /proc/sys/net/ipv4/ip_forward
    { iptables-save; ip6tables-save; } | grep RELAY4IN6; nft -s list tables; ipset list -n`);

beforeAll(async () => {
  home = await Sandbox.start("hof", { login });
  home.run("ip addr add 192.168.1.210/24 dev eth0");
  engine = await Engine.start("cut", machines);
  const key = join(engine.folder, "key");
  await writeFile(key, login.private, { mode: 0o600 });
  const { host, hostKey } = home.target;
  const ssh = { host, port: await wire.port(() => home), hostKey, key };
  const spec = {
    relay: { key },
    homes: [{ name: "hof", end: "debian", ssh }],
    services: [{ port: 443, to: "192.168.1.210" }],
  };
  await engine.run("config", "set", "spec", JSON.stringify(spec));
  await engine.run("config", "set", "relayPort", String(await wire.port(() => machines.all.at(-1))));
  // What a first use leaves, as the kernel's empty tables, is there from here on.
  succeeded(await engine.up(), "the first up");
  succeeded(await engine.destroy(), "the first destroy");
  untouched = atHome();
}, 20 * MINUTE);

afterAll(async () => {
  wire.close();
  await engine.close();
  await Promise.all([home, ...machines.all].map((sandbox) => sandbox.stop()));
});

function succeeded({ status, text }: Outcome, what: string): void {
  expect(status, `${what}: ${text}`).toBe(0);
}

/** A failure that is the user's to mend: the end's name, what to do, and no stack trace. */
function told({ text }: Outcome): void {
  expect(text).toMatch(/^ *- (relay|hof): /m);
  expect(text).toMatch(/cure: /);
  expect(text).not.toMatch(/^ *at .*[:(]/m);
}

/** Lets the time of trials that nobody confirmed run out, and the ends go back. */
async function rested(): Promise<void> {
  for (const end of [home, ...machines.all]) {
    if (end.has("/run/relay4in6/offered")) end.run("echo 0 >/run/relay4in6/deadline");
    await vi.waitUntil(() => !end.has("/run/relay4in6"), { timeout: MINUTE, interval: 100 });
  }
}

async function emptied(what: string): Promise<void> {
  expect(await engine.left(), what).toEqual([]);
  expect(machines.all, what).toEqual([]);
  expect(atHome(), what).toBe(untouched);
}

/** Every way at every connection takes a quarter of an hour; else each connection is cut in one of the ways. */
const ALL = process.env["RELAY4IN6_FAULTS"] === "all";
const ways = ALL ? cuts.map((how) => [how]) : [cuts];

test.each(ways.map((hows) => ({ hows })))(
  "up whose k-th connection is cut, for every k: $hows",
  async ({ hows }) => {
    for (let k = 1, reached = true; reached; k++) {
      const how = hows[(k - 1) % hows.length] ?? cuts[0];
      const what = `connection ${k} cut ${how}`;
      wire.cut(k, how);
      const first = await engine.up();
      reached = wire.count >= k;
      expect(wire.struck, what).toBe(reached);
      wire.cut(undefined);
      if (first.status !== 0) {
        told(first);
        await rested();
        succeeded(await engine.up(), `up after ${what}`);
      }
      succeeded(await engine.up("--expect-no-changes"), `a second up after ${what}`);
      expect(await engine.left()).toHaveLength(4);
      succeeded(await engine.destroy(), `destroy after ${what}`);
      await emptied(what);
    }
  },
  60 * MINUTE,
);
