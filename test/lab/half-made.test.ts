/** The cloud fails at the k-th call, for every k: the next `up` finishes it, `destroy` empties it. */
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Cloud, documentationAddresses, type Fault, startCloud } from "../../lab/cloud/index.ts";
import { RUN } from "../../lab/places.ts";
import { ensurePulumi } from "../../lab/pulumi/cli.ts";
import { pulumiEnvironment } from "../../lab/pulumi/environment.ts";
import { makeKeyPair } from "../../src/deliver/keyPair.ts";
import { MemoryMachines } from "./memory-machines.ts";

const MINUTE = 60_000;
let pulumi: string;
let folder: string;
let cloud: Cloud;
let env: Record<string, string>;
const machines = new MemoryMachines();

beforeAll(async () => {
  pulumi = await ensurePulumi();
  // As deep in the project as the fixture, which imports from it.
  await mkdir(join(RUN, "half-made"), { recursive: true });
  folder = await mkdtemp(join(RUN, "half-made", "run-"));
  await cp(join(import.meta.dirname, "fixtures/half-made"), folder, { recursive: true });
  cloud = await startCloud({
    listen: { host: "127.0.0.1", port: 0 },
    token: "a-token",
    stateFile: join(folder, "cloud.json"),
    machines,
    addresses: documentationAddresses(),
  });
  env = pulumiEnvironment({
    backendDir: join(folder, "backend"),
    cloudUrl: cloud.url,
    token: "a-token",
    passphrase: "words",
    pulumi,
  });
  const keyFile = join(folder, "key");
  await writeFile(keyFile, makeKeyPair().private, { mode: 0o600 });
  await run("stack", "init", "test");
  await run("config", "set", "keyFile", keyFile);
}, 20 * MINUTE);

afterAll(async () => {
  await cloud.close();
  await rm(folder, { recursive: true, force: true });
});

function run(...args: string[]): Promise<{ status: number; text: string }> {
  return new Promise((resolve) => {
    execFile(pulumi, [...args, "--non-interactive"], { cwd: folder, env }, (error, out, err) =>
      resolve({ status: Number(error?.code ?? 0), text: out + err }),
    );
  });
}
const up = () => run("up", "--yes", "--skip-preview");
const destroy = () => run("destroy", "--yes", "--skip-preview");

/** What the cloud has, and what it costs. */
async function left(): Promise<string[]> {
  const names: string[] = [];
  for (const kind of ["servers", "primary_ips", "ssh_keys"]) {
    const response = await fetch(`${cloud.url}/${kind}`, { headers: { Authorization: "Bearer a-token" } });
    const page = (await response.json()) as Record<string, { name: string }[]>;
    names.push(...(page[kind] ?? []).map(({ name }) => `${kind} ${name}`));
  }
  return [...names, ...[...machines.orders.keys()].map((id) => `machine ${id}`)];
}

const answers: Readonly<Record<string, Omit<Fault, "call">>> = {
  "500": { answer: { status: 500, code: "server_error", message: "internal server error" } },
  "503": { answer: { status: 503, code: "unavailable", message: "service is currently unavailable" } },
  "429": { answer: { status: 429, code: "rate_limit_exceeded", message: "limit of 3600 requests reached" } },
  "a call that hangs up": { answer: "hangup" },
  "an answer that is lost": { answer: "hangup", when: "after" },
};
/** More calls than an `up` makes: those beyond fail nothing, which ends the walk. */
const MOST = 40;

/** Every kind at every call takes half an hour; else each call fails in one of the kinds. */
const ALL = process.env["RELAY4IN6_FAULTS"] === "all";
const STRIDE = ALL ? 1 : Object.keys(answers).length;

test.each(
  Object.entries(answers).map(([name, fault], index) => ({ name, fault, from: ALL ? 1 : index + 1 })),
)(
  `$name at the k-th call, for every k${ALL ? "" : " of its share, from $from"}`,
  async ({ fault, from }) => {
    let failures = 0;
    for (let call = from; call < MOST; call += STRIDE) {
      const before = cloud.calls().length;
      cloud.inject([{ ...fault, call }]);
      const first = await up();
      const reached = cloud.calls().length - before >= call;
      const at = cloud.calls()[before + call - 1];
      cloud.inject([]);
      if (first.status !== 0) {
        failures++;
        const second = await up();
        expect(second.status, `up after call ${call}, ${at}: ${second.text}`).toBe(0);
      }
      expect(await left()).toHaveLength(5);
      expect((await destroy()).status).toBe(0);
      expect(await left(), `after call ${call}, ${at}`).toEqual([]);
      if (!reached) break;
    }
    expect(failures).toBeGreaterThan(fault.answer === answers["429"]?.answer ? -1 : ALL ? 3 : 0);
  },
  60 * MINUTE,
);

test(
  "destroy alone empties what a failed up left",
  async () => {
    for (const path of [/^\/ssh_keys$/, /^\/primary_ips$/, /^\/servers$/]) {
      cloud.inject([{ method: "POST", path, call: 1, answer: "hangup", when: "after" }]);
      expect((await up()).status).not.toBe(0);
      cloud.inject([]);
      expect((await destroy()).status).toBe(0);
      expect(await left(), String(path)).toEqual([]);
    }
  },
  20 * MINUTE,
);

test(
  "destroy that fails at the k-th call is finished by the next",
  async () => {
    for (let call = 1; call < MOST; call += STRIDE) {
      expect((await up()).status).toBe(0);
      const before = cloud.calls().length;
      cloud.inject([{ answer: answers["503"]?.answer ?? "hangup", call }]);
      await destroy();
      const reached = cloud.calls().length - before >= call;
      cloud.inject([]);
      const again = await destroy();
      expect(again.status, again.text).toBe(0);
      expect(await left(), `after call ${call}`).toEqual([]);
      if (!reached) break;
    }
  },
  60 * MINUTE,
);
