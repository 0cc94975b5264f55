/** A firewall in front of the relay, by the real engine: made with the server, changed in place, gone with it. */
import { execFile } from "node:child_process";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Engine } from "./engine.ts";
import { MemoryMachines } from "./memory-machines.ts";

const MINUTE = 60_000;
const machines = new MemoryMachines();
let engine: Engine;

beforeAll(async () => {
  engine = await Engine.start("half-made", machines);
  await engine.giveKeys();
}, 20 * MINUTE);

afterAll(() => engine.close());

const ok = (...args: string[]) => engine.ok(...args);
const up = (...more: string[]) => ok("up", "--yes", "--skip-preview", ...more);
const set = (key: string, value: string) => ok("config", "set", key, value);
const changes = () => engine.cloud.calls().filter((call) => !call.startsWith("GET "));

/** The independent client. */
function hcloud(...args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile("hcloud", args, { env: engine.env }, (error, out, err) =>
      error ? reject(new Error(err)) : resolve(out),
    );
  });
}

const listed = () =>
  hcloud("firewall", "list", "-o", "noheader", "-o", "columns=name,rules_count,applied_to_count");
/** Each that the firewall has a word for, and where one is probed beside it. */
const tunnels = ["gre", "udp 24642", "udp 24842"];
/** What the server's filter lets in now. */
const open = () => {
  const [rules = []] = [...machines.filters.values()];
  return rules.map(({ protocol, port }) => `${protocol} ${port ?? ""}`.trim()).toSorted();
};

test(
  "it is made before the server runs, follows the services, goes and comes, and destroy leaves none",
  async () => {
    await set("firewall", "false");
    await up();
    expect(await listed()).toBe("");
    expect(machines.filters.size).toBe(0);

    await set("firewall", "true");
    await up();
    expect(await listed()).toMatch(/^half-made-test +6 Rules +1 Server /);
    expect(open()).toEqual([...tunnels, "icmp", "tcp 22", "tcp 443"].toSorted());
    expect(await hcloud("firewall", "describe", "half-made-test")).toMatch(
      /managed-by: relay4in6[^]*Protocol:\s+gre/,
    );
    const [server] = machines.orders.keys();
    await up("--expect-no-changes");
    await ok("refresh", "--yes", "--skip-preview", "--expect-no-changes");

    await set("port", "8443");
    await up();
    expect(open()).toEqual([...tunnels, "icmp", "tcp 22", "tcp 8443"].toSorted());

    // What somebody took away comes back.
    await hcloud(
      "firewall",
      "remove-from-resource",
      "half-made-test",
      "--type",
      "server",
      "--server",
      "half-made-test",
    );
    await up("--refresh");
    expect(open()).toEqual([...tunnels, "icmp", "tcp 22", "tcp 8443"].toSorted());

    await set("firewall", "false");
    await up();
    expect(await listed()).toBe("");
    expect(machines.filters.size).toBe(0);
    expect([...machines.orders.keys()]).toEqual([server]);
    await up("--expect-no-changes");

    await set("firewall", "true");
    await up();
    await ok("destroy", "--yes", "--skip-preview");
    expect(await engine.left()).toEqual([]);

    const log = machines.log.length;
    await up();
    const [made] = machines.orders.keys();
    expect(machines.log.slice(log)).toEqual([`create ${made}`, `filter ${made}`, `powerOn ${made}`]);
    await ok("destroy", "--yes", "--skip-preview");
    expect(await engine.left()).toEqual([]);
  },
  6 * MINUTE,
);

test(
  "one that a lost answer left is taken over, also where the services are others by now",
  async () => {
    engine.cloud.inject([
      { method: "POST", path: /^\/firewalls$/, call: 1, answer: "hangup", when: "after" },
    ]);
    expect((await engine.up()).status).not.toBe(0);
    engine.cloud.inject([]);
    expect(await listed()).toMatch(/^half-made-test +6 Rules +0 Servers/);

    await set("port", "9443");
    const before = changes().length;
    await ok("preview");
    expect(changes()).toHaveLength(before);
    await up();
    expect(await listed()).toMatch(/^half-made-test +6 Rules +1 Server /);
    expect(open()).toEqual([...tunnels, "icmp", "tcp 22", "tcp 9443"].toSorted());
    await up("--expect-no-changes");
    await ok("destroy", "--yes", "--skip-preview");
    expect(await engine.left()).toEqual([]);
  },
  6 * MINUTE,
);
