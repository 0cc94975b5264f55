/**
 * The k-th SSH connection is cut, for every k, of an `up` and of a `destroy`: the next one finishes it, and nothing is
 * left in the cloud or at the ends. Each connection carries one command: the k-th command is the k-th connection's.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { makeKeyPair } from "../../src/deliver/keyPair.ts";
import { Sandbox } from "../deliver/sandbox/sandbox.ts";
import { type Cut, cuts, Wire } from "../deliver/sandbox/wire.ts";
import { Engine, type Outcome } from "./engine.ts";
import { SandboxMachines } from "./sandbox-machines.ts";

const MINUTE = 60_000;
const login = makeKeyPair();
const machines = new SandboxMachines(login);
const wire = new Wire();
let engine: Engine;
let key: string;
let home: Sandbox;
let server: Sandbox;

beforeAll(async () => {
  engine = await Engine.start("cut", machines);
  key = join(engine.folder, "key");
  await writeFile(key, login.private, { mode: 0o600 });
  home = await Sandbox.start("hof", { login });
  home.run("ip addr add 192.168.1.210/24 dev eth0");
  server = await Sandbox.start("relay", { login });
  server.run(`ip -6 addr flush dev eth0 scope global; ip -6 addr add 2001:db8:7::1/64 dev eth0 nodad
    ip addr add 203.0.113.7/24 dev eth0; ip route add default via 203.0.113.1
    ip -6 route replace default via fe80::1 dev eth0`);
}, 20 * MINUTE);

afterAll(async () => {
  wire.close();
  await engine.close();
  await Promise.all([home, server, ...machines.all].map((sandbox) => sandbox.stop()));
});

/** Access to a sandbox over the wire, as a config has it. */
const sshOf = async (end: Sandbox) => ({
  host: "127.0.0.1",
  port: await wire.port(() => end),
  hostKey: end.target.hostKey,
  key,
});

/** All that a run makes or changes on a machine, on the disk and alive. */
const found = (end: Sandbox) =>
  end.run(`
    find /etc /var/lib/*4in6* /run/*4in6* -type f -exec cksum {} + 2>/dev/null | sort; getent passwd relay4in6
    ls -d /sys/class/net/wrap* 2>/dev/null; ip rule; ip -4 route show table all | sort
    ip -6 addr show dev eth0 scope global | grep inet6; cat /proc/sys/net/ipv4/ip_forward
    { iptables-save; ip6tables-save; } | grep RELAY4IN6; nft -s list tables; ipset list -n`);

function succeeded({ status, text }: Outcome, what: string): void {
  expect(status, `${what}: ${text}`).toBe(0);
}

/** A failure that is the user's to mend: the end's name, what to do, and no stack trace. */
function told({ text }: Outcome): void {
  expect(text).toMatch(/^ *- (relay|hof): /m);
  expect(text).toMatch(/cure: /);
  expect(text).not.toMatch(/^ *at .*[:(]/m);
}

/** Waits until nobody is at work at the ends; the time of a trial that nobody confirmed runs out at once. */
async function rested(): Promise<void> {
  for (const end of [home, server, ...machines.all]) {
    const quiet = () => {
      if (end.has("/run/relay4in6/offered")) end.run("! cd /run/relay4in6 2>/dev/null || echo 0 >deadline");
      return !end.has("/run/relay4in6");
    };
    await vi.waitUntil(quiet, { timeout: 5 * MINUTE, interval: 100 });
  }
}

/** Every way at every connection takes most of an hour; else each connection is cut in one of the ways. */
const ALL = process.env["RELAY4IN6_FAULTS"] === "all";
const ways = (ALL ? cuts.map((how) => [how]) : [cuts]).map((hows) => ({ hows }));

interface Relay {
  name: "made" | "own";
  /** Which command is disturbed where not all are. */
  share: "up" | "destroy";
  /** How many things the cloud has of it. */
  size: number;
}
const relays: Relay[] = [
  { name: "made", share: "up", size: 4 },
  { name: "own", share: "destroy", size: 0 },
];

describe.each(relays)("with a relay that is $name", ({ name, share, size }) => {
  /** What the ends have before anything is delivered to them. */
  let untouched: string[];
  const ends = () => [home, server].map(found);

  beforeAll(async () => {
    const { host, port, hostKey } = await sshOf(server);
    const own = { provider: "existing", host, port, hostKey, key };
    const spec = {
      relay: name === "made" ? { key } : own,
      homes: [{ name: "hof", end: "debian", ssh: await sshOf(home) }],
      services: [{ port: 443, to: "192.168.1.210" }],
    };
    const relayPort = name === "made" ? await wire.port(() => machines.all.at(-1)) : port;
    await engine.run("config", "set", "spec", JSON.stringify(spec));
    await engine.run("config", "set", "relayPort", String(relayPort));
    // What a first use leaves, as the kernel's empty tables, is there from here on.
    succeeded(await engine.up(), "the first up");
    succeeded(await engine.destroy(), "the first destroy");
    untouched = ends();
  }, 20 * MINUTE);

  async function emptied(what: string): Promise<void> {
    expect(await engine.left(), what).toEqual([]);
    expect(machines.all, what).toEqual([]);
    expect(ends(), what).toEqual(untouched);
  }

  /** Runs a command with the k-th connection cut, for every k, until there is none left to cut. */
  async function disturbed(
    hows: readonly Cut[],
    run: () => Promise<Outcome>,
    mended: (what: string) => Promise<void>,
    before: () => Promise<void> = async () => {},
  ): Promise<void> {
    for (let k = 1, reached = true; reached; k++) {
      const how = hows[(k - 1) % hows.length] ?? cuts[0];
      const what = `connection ${k} cut ${how}`;
      await before();
      wire.cut(k, how);
      const outcome = await run();
      reached = wire.count >= k;
      expect(wire.struck, what).toBe(reached);
      wire.cut(undefined);
      if (outcome.status !== 0) {
        told(outcome);
        await rested();
        succeeded(await run(), `again after ${what}`);
      }
      await mended(what);
      // One connection at least, or nothing was disturbed.
      expect(reached || k > 1).toBe(true);
    }
  }

  test.skipIf(!ALL && share !== "up").each(ways)(
    "up whose k-th connection is cut, for every k: $hows",
    ({ hows }) =>
      disturbed(
        hows,
        () => engine.up(),
        async (what) => {
          succeeded(await engine.up("--expect-no-changes"), `one more up after ${what}`);
          expect(await engine.left()).toHaveLength(size);
          succeeded(await engine.destroy(), `destroy after ${what}`);
          await emptied(what);
        },
      ),
    60 * MINUTE,
  );

  test.skipIf(!ALL && share !== "destroy").each(ways)(
    "destroy whose k-th connection is cut, for every k: $hows",
    ({ hows }) =>
      disturbed(
        hows,
        () => engine.destroy(),
        emptied,
        async () => succeeded(await engine.up(), "up"),
      ),
    60 * MINUTE,
  );
});
