import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { apply, inspect, putAuthorizedKeys, putPeers, remove } from "../../src/deliver/index.ts";
import { authorizedKeys } from "../../src/render/index.ts";
import { HOST_KEY } from "../config/examples.ts";
import { everything as shown } from "./sandbox/everything.ts";
import { type Fault, faultScript, faultsOf } from "./sandbox/faults.ts";
import type { Sandbox } from "./sandbox/sandbox.ts";
import { byKey, type Changing, ends, followed, peer, type Transport } from "./turnover.ts";

/** More than a watcher's round and a boot take. */
const waiting = { timeout: 60_000, interval: 200 };

/** As failover has it of two paths: the second's. */
const leading = /^default dev wrap1 table 42 .*metric 2\b.*\n/gm;

describe.each(Object.keys(ends))("a %s whose transport changes", { timeout: 600_000 }, (name) => {
  const end = ends[name] as Changing;
  let machine: Sandbox;
  /** What a transport has on a machine that had no other before. */
  const seen: Partial<Record<Transport, string>> = {};
  let unused: string;

  const everything = () => machine.run(`(${shown[end.system]}) || true`);
  /** Each key and what stands in it. */
  const keys = () =>
    machine.run(
      `cd ${end.state} && for file in keys/* peer-*; do [ ! -e $file ] || { ls -l $file | awk '{ print $1, $NF }' && md5sum $file; }; done 2>/dev/null || true`,
    );

  async function reach(transport: Transport): Promise<void> {
    const bundle = end.bundle(transport);
    await apply(machine.target, bundle);
    if (bundle.end !== "relay") return;
    // As `up` goes on: the relay is told the homes' keys of either kind.
    if (byKey.includes(transport)) await putPeers(machine.target, { wrap1wg: peer });
    if (followed.includes(transport))
      await putAuthorizedKeys(machine.target, authorizedKeys({ wrap1: HOST_KEY }));
  }

  beforeAll(async () => {
    machine = await end.start();
    // What a first use leaves, as the kernel's empty tables, is there from the second on.
    const [first] = end.transports as [Transport];
    for (const transport of [first, ...new Set(end.transports)]) {
      await reach(transport);
      seen[transport] = everything();
      await remove(machine.target, end.bundle(transport));
    }
    unused = everything();
  }, 600_000);
  afterAll(() => machine.stop());

  it("has of each transport what a machine has that had no other before", async () => {
    for (const transport of end.transports) {
      // As the probe writes down of a tunnel.
      machine.run("mkdir -p /run/relay4in6-status; : >/run/relay4in6-status/wrap1.memory");
      await reach(transport);
      const all = everything();
      // Of two paths, what led before leads until failover knows which one answers; nothing runs it here.
      if (transport.startsWith("two paths")) expect(all).toMatch(leading);
      expect(all.replace(leading, ""), transport).toBe(seen[transport]);
      const bundle = end.bundle(transport);
      if (bundle.end === "relay") {
        const isThere = machine.has("/run/relay4in6-status/wrap1.memory");
        expect(isThere).toBe(bundle.devices.includes("wrap1"));
      }
      expect((await inspect(machine.target, bundle)).healthy).toBe(true);
    }
    await remove(machine.target, end.bundle(end.transports[0] as Transport));
    expect(everything()).toBe(unused);
  });

  it("changes a tunnel of the same kind where it stands", async () => {
    const device = "/sys/class/net/wrap1wg";
    await reach("wireguard");
    const [index, mtu] = [machine.run(`cat ${device}/ifindex`), Number(machine.run(`cat ${device}/mtu`))];
    await reach("wireguard over IPv4");
    expect(machine.run(`cat ${device}/ifindex`)).toBe(index);
    expect(Number(machine.run(`cat ${device}/mtu`))).toBe(mtu - 20);
    await reach("wireguard");
    expect(machine.run(`cat ${device}/ifindex`)).toBe(index);
  });

  it.each(end.disturbances)(
    "has the keys that it had when it goes back: %s at %s, from %s to %s",
    async (fault, step, from, to) => {
      await reach(from);
      const kept = keys();
      if (byKey.includes(from)) expect(kept).toMatch(/^-rw------- keys\/wireguard\n[^]* peer-wrap1wg$/m);
      else expect(kept).toBe("");

      const script = faultScript(step, faultsOf(end.system)[fault] as Fault);
      machine.run(`rm -f /run/fault-came; cat >/run/fault <<'END'\n${script}END\nchmod +x /run/fault`);
      let said = "";
      const run = apply(machine.target, end.bundle(to), { watchdog: 20 })
        .then(
          () => "done",
          () => "refused",
        )
        .then((word) => {
          said = word;
        });
      await vi.waitUntil(() => said !== "" || machine.has("/run/power-lost"), waiting);
      if (machine.has("/run/power-lost")) machine.powerCut();
      await run;
      expect(said).toBe("refused");
      await vi.waitUntil(() => !machine.has(end.run), waiting);
      expect(keys()).toBe(kept);
      expect(everything()).toBe(seen[from]);
      expect((await inspect(machine.target, end.bundle(from))).healthy).toBe(true);
    },
  );
});
