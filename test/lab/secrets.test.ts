/**
 * No secret where somebody could read it: the real engine and the real program on the cloud's stand-in, with secrets
 * that are known, and everything that is left behind searched for them.
 */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Cloud, documentationAddresses, startCloud, unavailable } from "../../lab/cloud/index.ts";
import { RUN } from "../../lab/places.ts";
import { ensurePulumi } from "../../lab/pulumi/cli.ts";
import { pulumiEnvironment } from "../../lab/pulumi/environment.ts";
import { makeKeyPair } from "../../src/deliver/keyPair.ts";
import { MemoryMachines } from "./memory-machines.ts";

const MINUTE = 60_000;
const token = "tokenTokenTOKENtokenTokenTOKENtokenTokenTOKENtokenTokenTOKEN1234";
const passphrase = "correct-horse-battery-staple-7261";
const project = join(import.meta.dirname, "../..");

let folder: string;
let cloud: Cloud;
const machines = new MemoryMachines();
let env: Record<string, string>;
let pulumi: string;
/** Everything that was printed, by the command that printed it. */
const printed: Record<string, string> = {};
/** Every argument list that was seen while commands ran. */
const commandLines = new Set<string>();
/** Name of a secret → text that is nowhere else. */
const secrets = new Map<string, string>([
  ["token", token],
  ["passphrase", passphrase],
]);

/** Commands that were run with -v=9. */
const verbose = ["preview", "a failing up", "refresh"];

/** What of an OpenSSH private key its public half does not tell: the lines from the third on. */
function privateLines(key: string): string {
  const lines = key.split("\n").filter((line) => line !== "" && !line.startsWith("-"));
  return lines[2] as string;
}

async function run(name: string, ...args: string[]): Promise<number> {
  let watching = true;
  const watch = (async () => {
    while (watching) {
      for (const pid of (await readdir("/proc")).filter((each) => /^\d+$/.test(each)))
        commandLines.add(await readFile(`/proc/${pid}/cmdline`, "latin1").catch(() => ""));
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  })();
  const config = args[0] === "stack" ? [] : ["--config-file", join(folder, "Pulumi.secrets.yaml")];
  const { status, text } = await new Promise<{ status: number; text: string }>((resolve) => {
    execFile(
      pulumi,
      [...args, "--stack", "secrets", "--non-interactive", ...config],
      { cwd: project, env, maxBuffer: 2 ** 29 },
      (error, out, err) => resolve({ status: Number(error?.code ?? 0), text: out + err }),
    );
  });
  watching = false;
  await watch;
  printed[name] = text;
  return status;
}

/** All but the ends: no machine answers here. */
const targets = ["HostKey", "SshKey", "PrimaryIp", "Server", "HetznerRelay"].flatMap((kind) => [
  "--target",
  `**${kind}**`,
]);

beforeAll(async () => {
  pulumi = await ensurePulumi();
  await mkdir(RUN, { recursive: true });
  folder = await mkdtemp(join(RUN, "secrets-test-"));
  await mkdir(join(folder, "tmp"));
  cloud = await startCloud({
    listen: { host: "127.0.0.1", port: 0 },
    token,
    stateFile: join(folder, "cloud.json"),
    machines,
    addresses: documentationAddresses(),
  });
  env = {
    ...pulumiEnvironment({
      backendDir: join(folder, "backend"),
      cloudUrl: cloud.url,
      token,
      passphrase,
      pulumi,
    }),
    // Without a terminal the engine writes its logs there.
    TMPDIR: join(folder, "tmp"),
  };
  const { private: userKey } = makeKeyPair();
  secrets.set("the user's private key", privateLines(userKey));
  await writeFile(join(folder, "key"), userKey, { mode: 0o600 });
  expect(await run("stack init", "stack", "init"), printed["stack init"]).toBe(0);
  // `stack init` knows one place for a stack's config; it is to lie with the rest of this test.
  const made = join(project, "Pulumi.secrets.yaml");
  const salt = await readFile(made, "utf8");
  await rm(made);
  const config = {
    "relay4in6:relay": { key: join(folder, "key") },
    "relay4in6:homes": [{ name: "haus", end: "manual", prefix: "2001:db8:2::/64" }],
    "relay4in6:services": [{ to: "192.168.1.210" }],
  };
  await writeFile(join(folder, "Pulumi.secrets.yaml"), `${salt}config: ${JSON.stringify(config)}\n`);

  expect(await run("preview", "preview", "--diff", "-v=9"), printed["preview"]).toBe(0);
  cloud.inject([{ method: "POST", path: /^\/servers$/, call: 1, answer: unavailable }]);
  expect(
    await run("a failing up", "up", "--yes", "--skip-preview", "--logtostderr", "-v=9", ...targets),
  ).not.toBe(0);
  const done = await run("up", "up", "--yes", "--skip-preview", "--diff", ...targets);
  expect(done, printed["up"]).toBe(0);
  await run("refresh", "refresh", "--yes", "--skip-preview", "--diff", "--logtostderr", "-v=9", ...targets);
  await run("stack export", "stack", "export");
  await run("stack output", "stack", "output", "--json");
  const [order] = [...machines.orders.values()];
  const userData = JSON.parse((order?.userData ?? "").replace("#cloud-config", ""));
  secrets.set("the host's private key", privateLines(userData.ssh_keys.ed25519_private));
}, 15 * MINUTE);

afterAll(async () => {
  await cloud?.close();
  await rm(folder, { recursive: true, force: true });
});

/** Files under a folder that hold a text. */
async function holding(root: string, text: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && (await readFile(path, "latin1")).includes(text)) found.push(path);
  }
  return found;
}

const kinds = ["token", "passphrase", "the user's private key", "the host's private key"];

test.each(kinds)("%s is known to this test", (kind) => {
  expect(secrets.get(kind)?.length).toBeGreaterThanOrEqual(20);
});

test.each(kinds)("%s is in no state file", async (kind) => {
  expect(await holding(join(folder, "backend"), secrets.get(kind) as string)).toEqual([]);
});

test.each(kinds.slice(1, 3))("%s is in no log on disk, -v=9 with it", async (kind) => {
  expect(await holding(join(folder, "tmp"), secrets.get(kind) as string)).toEqual([]);
});

test.each(kinds.slice(1, 3))("%s is in nothing that a command printed, -v=9 with it", (kind) => {
  const where = Object.entries(printed).filter(([, text]) => text.includes(secrets.get(kind) as string));
  expect(where.map(([name]) => name)).toEqual([]);
});

/** The engine writes every property that it passes on into its log at -v=9, secret or not; nobody else does. */
const enginesOwn = /^\{"time":"[^"]*","level":"[A-Z]+","msg":"/;

const passedOn = ["token", "the host's private key"];

test.each(passedOn)("%s is in nothing that a command printed but the engine's own lines at -v=9", (kind) => {
  const text = secrets.get(kind) as string;
  const lines = Object.entries(printed).flatMap(([name, all]) =>
    all
      .split("\n")
      .filter((line) => line.includes(text) && !(verbose.includes(name) && enginesOwn.test(line)))
      .map((line) => `${name}: ${line.slice(0, 200)}`),
  );
  expect(lines).toEqual([]);
});

test.each(kinds)("%s is in no argument list", (kind) => {
  expect(commandLines.size).toBeGreaterThan(5);
  const lines = [...commandLines].filter((line) => line.includes(secrets.get(kind) as string));
  expect(lines.map((line) => line.slice(0, 100))).toEqual([]);
});

test("the user's key is still for its owner alone", async () => {
  expect((await stat(join(folder, "key"))).mode & 0o077).toBe(0);
});
