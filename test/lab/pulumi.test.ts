import { spawn } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { unavailable } from "../../lab/cloud/index.ts";
import { Engine } from "./engine.ts";
import { MemoryMachines } from "./memory-machines.ts";

const KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOk72PXP7MHK7l9eB/zriD4AhPsKbTm3IteDRBkxRvLJ lab";
const MINUTE = 60_000;

let machines: MemoryMachines;
let engine: Engine;

beforeEach(async () => {
  machines = new MemoryMachines();
  engine = await Engine.start("relay", machines);
  await ok("config", "set", "publicKey", KEY);
}, MINUTE);

afterEach(() => engine.close());

const ok = (...args: string[]) => engine.ok(...args);
const up = (...more: string[]) => ok("up", "--yes", "--skip-preview", ...more);
const outputs = async () => JSON.parse(await ok("stack", "output", "--json"));

async function api<T>(path: string, method = "GET", body?: unknown): Promise<T> {
  const response = await fetch(`${engine.cloud.url}${path}`, {
    method,
    headers: { Authorization: "Bearer a-token" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${text}`);
  return (text === "" ? undefined : JSON.parse(text)) as T;
}

interface Named {
  id: number;
  name: string;
  labels: Record<string, string>;
}
const servers = async () => (await api<{ servers: Named[] }>("/servers")).servers;
const primaryIps = async () => (await api<{ primary_ips: Named[] }>("/primary_ips")).primary_ips;
const keys = async () => (await api<{ ssh_keys: Named[] }>("/ssh_keys")).ssh_keys;
const expectEmpty = async () =>
  expect([await servers(), await primaryIps(), await keys(), [...machines.orders]]).toEqual([[], [], [], []]);

/** The calls that changed something since the last time this was asked. */
let seen = 0;
function changes(): string[] {
  const calls = engine.cloud.calls();
  const since = calls.slice(seen).filter((call) => !call.startsWith("GET "));
  seen = calls.length;
  return since.map((call) => call.replace(/\d{6,}/, "ID")).sort();
}
beforeEach(() => {
  seen = 0;
});

test(
  "the real engine makes a relay, keeps it, changes it in place, and takes it away",
  async () => {
    await ok("preview");
    expect(changes()).toEqual([]);

    await up();
    expect(changes()).toEqual(["POST /primary_ips", "POST /primary_ips", "POST /servers", "POST /ssh_keys"]);
    const [order] = [...machines.orders.values()];
    expect(order).toMatchObject({
      image: "debian-13",
      memoryMiB: 2048, // the cheapest that fsn1 has now: cpx11
      publicIpv4: expect.stringMatching(/^203\.0\.113\.1[01]$/),
      ipv6Prefix: expect.stringMatching(/^2001:db8:1:[12]::\/64$/),
      sshKeys: [KEY],
      userData: "#cloud-config\n",
    });
    const made = await outputs();
    expect(made).toMatchObject({
      locations: ["fsn1", "nbg1", "hel1"],
      serverId: String(order?.id),
      ipv4Address: order?.publicIpv4,
      ipv6Address: order?.ipv6Prefix?.replace("/64", "1"),
      ipv6Network: order?.ipv6Prefix,
      // sha1 of the user data in base64: the state does not hold the text.
      stateOfUserData: "wK9leoEi2xH7hUH5D+q3hxwsPXE=",
    });
    const [before] = await servers();
    expect(before?.name).toMatch(/^relay-[0-9a-f]{7}$/);

    await up("--expect-no-changes");
    await ok("refresh", "--yes", "--skip-preview", "--expect-no-changes");
    await up("--expect-no-changes");
    expect(changes()).toEqual([]);

    await ok("config", "set", "tier", "second");
    await up();
    expect(changes()).toEqual([
      "PUT /primary_ips/ID",
      "PUT /primary_ips/ID",
      "PUT /servers/ID",
      "PUT /ssh_keys/ID",
    ]);
    for (const entry of [...(await servers()), ...(await primaryIps()), ...(await keys())])
      expect(entry.labels).toEqual({ "managed-by": "relay-fixture", tier: "second" });
    expect((await servers())[0]).toMatchObject({ id: before?.id, name: before?.name });

    await ok("destroy", "--yes", "--skip-preview");
    await expectEmpty();
  },
  6 * MINUTE,
);

test(
  "what was changed or deleted elsewhere is seen by refresh and mended by up",
  async () => {
    await up();
    const [server] = await servers();
    await api(`/servers/${server?.id}`, "PUT", { labels: { tier: "by-hand" } });
    expect(await ok("refresh", "--yes", "--skip-preview", "--diff")).toContain('"first" => "by-hand"');
    expect(await ok("preview", "--diff")).toContain('"by-hand" => "first"');
    changes();
    await up();
    expect(changes()).toEqual(["PUT /servers/ID"]);

    const [key] = await keys();
    await api(`/ssh_keys/${key?.id}`, "DELETE");
    changes();
    expect(await ok("refresh", "--yes", "--skip-preview")).toMatch(/SshKey.*deleted/);
    expect(changes()).toEqual([]);
    // The key is an input of the server that needs another one.
    expect(await ok("preview")).toMatch(/Server relay.*replace.*\[diff: ~sshKeys\]/);
    await ok("destroy", "--yes", "--skip-preview");
    await expectEmpty();
  },
  6 * MINUTE,
);

test(
  "user data and location replace the server, which the preview says; a named one is deleted first",
  async () => {
    await up();
    const [first] = [...machines.orders.values()];
    await ok("config", "set", "location", "hel1");
    expect(await ok("preview")).toMatch(/PrimaryIp ipv4.*replace.*\[diff: .*~location/);
    await ok("config", "rm", "location");
    await ok("config", "set", "userData", "#cloud-config\n# other\n");
    // With a made-up name the new one is made first, while the addresses are still the old one's.
    const refused = await engine.run("up", "--yes", "--skip-preview");
    expect(refused.status).not.toBe(0);
    expect(refused.text).toContain("(primary_ip_assigned)");

    await ok("config", "rm", "userData");
    await ok("config", "set", "serverName", "relay");
    await up();
    expect(await servers()).toMatchObject([{ id: first?.id, name: "relay" }]);
    await ok("config", "set", "userData", "#cloud-config\n# other\n");
    expect(await ok("preview")).toMatch(/Server relay.*replace.*\[diff: ~userData/);
    changes();
    await up();
    expect(changes()).toEqual(["DELETE /servers/ID", "POST /servers"]);
    const [second] = [...machines.orders.values()];
    expect(second).toEqual({
      ...first,
      id: expect.any(Number),
      name: "relay",
      userData: "#cloud-config\n# other\n",
    });
    expect(second?.id).not.toBe(first?.id);
    await up("--expect-no-changes");

    await ok("config", "set", "publicKey", "ssh-ed25519 nonsense");
    const failed = await engine.run("up", "--yes", "--skip-preview");
    expect(failed.status).not.toBe(0);
    expect(failed.text).toContain("invalid input in field 'public_key'");
  },
  6 * MINUTE,
);

test(
  "a failure half way is told, leaves nothing unknown behind, and the next up goes on",
  async () => {
    engine.cloud.inject([{ method: "POST", path: /^\/servers$/, call: 1, answer: unavailable }]);
    const failed = await engine.run("up", "--yes", "--skip-preview");
    expect(failed.status).not.toBe(0);
    expect(failed.text).toContain("service is currently unavailable (unavailable)");
    expect(await servers()).toEqual([]);

    // The order is taken, but the machine cannot be made: the state must know the server.
    machines.failure = "no room";
    const half = await engine.run("up", "--yes", "--skip-preview");
    expect(half.status).not.toBe(0);
    expect(half.text).toContain("no room (action_failed");
    expect(await servers()).toHaveLength(1);
    await ok("destroy", "--yes", "--skip-preview");
    await expectEmpty();

    machines.failure = undefined;
    await up();
    expect(machines.on.size).toBe(1);
    await up("--expect-no-changes");
    // Deleted behind its back: destroy is content.
    const [server] = await servers();
    await api(`/servers/${server?.id}`, "DELETE");
    await expect.poll(servers).toEqual([]);
    await ok("destroy", "--yes", "--skip-preview");
    await expectEmpty();
  },
  6 * MINUTE,
);

/** Processes that run with this test's environment. */
async function ours(): Promise<string[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const environments = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/environ`, "latin1").catch(() => "")),
  );
  return pids.filter((_, index) => environments[index]?.includes(`PULUMI_HOME=${engine.folder}/`));
}

test(
  "a killed pulumi leaves no process of a stand-in behind",
  async () => {
    let open = () => {};
    machines.gate = new Promise((resolve) => {
      open = resolve;
    });
    const args = ["up", "--yes", "--skip-preview", "--non-interactive"];
    const child = spawn(engine.pulumi, args, { cwd: engine.folder, env: engine.env, stdio: "ignore" });
    await expect.poll(() => engine.cloud.calls()).toContain("POST /servers");
    expect((await ours()).length).toBeGreaterThanOrEqual(4); // itself, both plugins, the program
    child.kill("SIGKILL");
    await expect.poll(ours).toEqual([]);
    open();
  },
  3 * MINUTE,
);

test(
  "a wrong token is told as what it is",
  async () => {
    engine.env["HCLOUD_TOKEN"] = "another";
    const { status, text } = await engine.run("up", "--yes", "--skip-preview");
    expect(status).not.toBe(0);
    expect(text).toContain("unable to authenticate (unauthorized)");
  },
  MINUTE,
);
