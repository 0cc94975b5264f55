import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Cloud, documentationAddresses, startCloud } from "../../lab/cloud/index.ts";
import { RUN } from "../../lab/places.ts";
import { ensurePulumi } from "../../lab/pulumi/cli.ts";
import { pulumiEnvironment } from "../../lab/pulumi/environment.ts";
import { makeKeyPair } from "../../src/deliver/keyPair.ts";
import { MemoryMachines } from "./memory-machines.ts";

const ROOT = join(import.meta.dirname, "../..");
const STATES = join(import.meta.dirname, "states");

/** What costs money or moves a user's address when it is made again. */
const KEPT = /^(hcloud:index\/(server:Server|primaryIp:PrimaryIp|sshKey:SshKey)|relay4in6:index:HostKey)$/;

interface Step {
  readonly op: string;
  readonly urn: string;
}

let pulumi: string;
let folder: string;
let cloud: Cloud;

beforeAll(async () => {
  pulumi = await ensurePulumi();
}, 20 * 60_000);

beforeEach(async () => {
  await mkdir(RUN, { recursive: true });
  folder = await mkdtemp(join(RUN, "states-test-"));
  // The program itself, with a stack's config beside it that is not the user's.
  for (const name of ["index.ts", "package.json", "src", "templates", "provider", "node_modules"])
    await symlink(join(ROOT, name), join(folder, name));
  await cp(join(ROOT, "Pulumi.yaml"), join(folder, "Pulumi.yaml"));
  cloud = await startCloud({
    listen: { host: "127.0.0.1", port: 0 },
    token: "a-token",
    stateFile: join(folder, "cloud.json"),
    machines: new MemoryMachines(),
    addresses: documentationAddresses(),
  });
});

afterEach(async () => {
  await cloud.close();
  await rm(folder, { recursive: true, force: true });
});

/** What the present program would do to a stack that an older version made. */
async function preview(version: string, edit = (state: string) => state): Promise<Step[]> {
  const key = makeKeyPair();
  const keyFile = join(folder, "key");
  await writeFile(keyFile, key.private, { mode: 0o600 });
  const filled = async (name: string) =>
    (await readFile(join(STATES, version, name), "utf8"))
      .replaceAll("@KEY_FILE@", keyFile)
      .replaceAll("@PUBLIC_KEY@", key.public.trim());
  const env = pulumiEnvironment({
    backendDir: join(folder, "backend"),
    cloudUrl: cloud.url,
    token: "a-token",
    passphrase: "words",
    pulumi,
  });
  const run = async (...args: string[]) => {
    const options = { cwd: folder, env, maxBuffer: 64 << 20 };
    return (await promisify(execFile)(pulumi, [...args, "--non-interactive"], options)).stdout;
  };
  await run("stack", "init", "test");
  const config = join(folder, "Pulumi.test.yaml");
  const salt = await readFile(config, "utf8").catch(() => "");
  await writeFile(config, `${salt}\n${await filled("config.yaml")}`);
  const state = join(folder, "state.json");
  await writeFile(state, edit(await filled("state.json")));
  await run("stack", "import", "--file", state);
  return (JSON.parse(await run("preview", "--json", "--show-sames")) as { steps: Step[] }).steps;
}

/** Type of the resource that a URN names. */
function typeOf(urn: string): string {
  return urn.split("::")[2]?.split("$").at(-1) ?? "";
}

describe("a stack of an older version", async () => {
  it.each(await readdir(STATES))(
    "%s keeps its server and its addresses, and its ends are changed in place",
    async (version) => {
      const steps = await preview(version);
      const kept = steps.filter(({ urn }) => KEPT.test(typeOf(urn)));
      expect(kept.map(({ op, urn }) => `${op} ${urn.split("::").at(-1)}`).toSorted()).toEqual([
        "same relay-host-key",
        "same relay-ipv4",
        "same relay-ipv6",
        "same relay-server",
        "same relay-ssh-key",
      ]);
      const ends = steps.filter(({ urn }) => typeOf(urn) === "relay4in6:index:End");
      expect(ends.map(({ op }) => op)).toEqual([expect.stringMatching(/^(same|update)$/)]);
    },
    300_000,
  );

  it("would be seen to lose its server", async () => {
    // The same state with another name of the server's: what a careless change of the program would do.
    const steps = await preview("0.1.0", (state) => state.replaceAll("::relay-server", "::relay-machine"));
    const ops = steps
      .filter(({ urn }) => typeOf(urn) === "hcloud:index/server:Server")
      .map(({ op }) => op)
      .toSorted();
    expect(ops).toEqual(["create", "delete"]);
  }, 300_000);
});
