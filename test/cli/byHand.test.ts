import { execFile } from "node:child_process";
import { chmodSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Sandbox } from "../deliver/sandbox/sandbox.ts";
import { shellBlocks } from "./blocks.ts";
import { type Ended, listing, relay4in6, temporaryFolder, write } from "./cli.ts";

// The README's own commands, with the real ssh, against the machine that deliver/sandbox stands in for.
const folder = temporaryFolder();
const out = join(folder, "out");
let machine: Sandbox;
let blocks: string[];

beforeAll(async () => {
  machine = await Sandbox.start("relay");
  const { host, port, hostKey, privateKey = "" } = machine.target;
  const config = {
    relay: { provider: "existing", host, port, hostKey },
    homes: [{ name: "hof", end: "manual", prefix: "2001:db8:2::/64" }],
    services: [{ port: 443, to: "192.168.178.20" }],
  };
  const file = write(folder, "config.yaml", JSON.stringify(config));
  const options = ["--relay-ipv4", "203.0.113.10", "--relay-prefix", "2001:db8:1::/64", "--out", out];
  const { code, stderr } = relay4in6("render", "--config", file, ...options);
  expect([code, stderr.includes("fault")]).toEqual([0, false]);
  blocks = shellBlocks(readFileSync(join(out, "README.md"), "utf8"));
  chmodSync(write(folder, "key", privateKey), 0o600);
  write(folder, "known_hosts", `[${host}]:${port} ${hostKey}\n`);
  write(
    folder,
    "ssh_config",
    `IdentityFile ${folder}/key\nUserKnownHostsFile ${folder}/known_hosts\nBatchMode yes\n`,
  );
}, 60_000);
afterAll(() => machine.stop());

/** Runs commands as they stand, in the rendered folder; ssh knows the key. The sandbox needs this process meanwhile. */
function run(commands: string | undefined): Promise<Ended> {
  const withKey = `set -eu\nssh() { command ssh -F ${folder}/ssh_config "$@"; }\n${commands}`;
  return new Promise((resolve) => {
    const child = execFile("sh", ["-c", withKey], { cwd: out, timeout: 100_000 }, (_, stdout, stderr) =>
      resolve({ code: child.exitCode, stdout, stderr }),
    );
    child.stdin?.end();
  });
}

it("sends the script, tries the new state, and is told how to keep it", async () => {
  const { code, stdout, stderr } = await run(blocks[0]);
  expect([code, JSON.parse(stdout).result]).toEqual([0, "trial"]);
  const told =
    /on trial; within 120 seconds, keep it over a new connection: (.*)/.exec(stderr)?.[1] ?? stderr;
  const [keep, ...others] = (blocks[1] ?? "").trim().split("\n");
  expect(others).toEqual([]);
  const [, token = ""] = / confirm (\w+)$/.exec(told) ?? [];
  expect(keep?.replace("TOKEN", token).endsWith(` ${told}`)).toBe(true);
  expect((await run(keep?.replace("TOKEN", token))).stdout).toBe('{"result":"kept"}\n');
});

it("finds the end healthy, and a second run changes nothing", async () => {
  expect((await run(blocks[2])).stdout).toBe('"healthy":true\n');
  expect((await run(blocks[0])).stdout).toBe('{"result":"unchanged"}\n');
});

it("has put every file of the tree where the tree has it", async () => {
  const files = listing(join(out, "relay")).filter((line) => !line.endsWith(".sh"));
  expect(files.length).toBeGreaterThan(5);
  for (const line of files) {
    const path = line.slice(4);
    expect(machine.run(`cat /${path}`)).toBe(readFileSync(join(out, "relay", path), "utf8"));
    if (!path.startsWith("var/")) expect(machine.run(`stat -c '%a' /${path}`).trim()).toBe(line.slice(0, 3));
  }
});

it("takes it away again, and leaves nothing", async () => {
  const { stderr } = await run(blocks.at(-2));
  const [, token = stderr] = / confirm (\w+)$/m.exec(stderr) ?? [];
  expect((await run(blocks.at(-1)?.replace("TOKEN", token))).stdout).toBe('{"result":"removed"}\n');
  const left = machine.run("find /etc /var/lib -path '*relay4in6*'; ip -o link show wrap1 2>&1 || true");
  expect(left).toBe('Device "wrap1" does not exist.\n');
});
