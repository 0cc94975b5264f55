import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { type Cloud, documentationAddresses, type Machines, startCloud } from "../../lab/cloud/index.ts";
import { RUN } from "../../lab/places.ts";
import { ensurePulumi } from "../../lab/pulumi/cli.ts";
import { pulumiEnvironment } from "../../lab/pulumi/environment.ts";
import { makeKeyPair } from "../../src/deliver/keyPair.ts";

/** What a command printed, and how it ended. */
export interface Outcome {
  status: number;
  text: string;
}

/** The real Pulumi with a fixture's program, on a backend and a cloud of its own. */
export class Engine {
  readonly cloud: Cloud;
  /** Where the program and its state lie; it goes with `close`. */
  readonly folder: string;
  /** The program. */
  readonly pulumi: string;
  /** All that it is run with. */
  readonly env: Record<string, string>;

  private constructor(cloud: Cloud, folder: string, pulumi: string, env: Record<string, string>) {
    this.cloud = cloud;
    this.folder = folder;
    this.pulumi = pulumi;
    this.env = env;
  }

  /** @param fixture name of a folder in fixtures/ */
  static async start(fixture: string, machines: Machines): Promise<Engine> {
    const pulumi = await ensurePulumi();
    // As deep in the project as the fixture, which imports from it.
    await mkdir(join(RUN, fixture), { recursive: true });
    const folder = await mkdtemp(join(RUN, fixture, "run-"));
    await cp(join(import.meta.dirname, "fixtures", fixture), folder, { recursive: true });
    const cloud = await startCloud({
      listen: { host: "127.0.0.1", port: 0 },
      token: "a-token",
      stateFile: join(folder, "cloud.json"),
      machines,
      addresses: documentationAddresses(),
      // The long forms make more calls in an hour than the service grants a project.
      rateLimit: { limit: 100_000 },
    });
    const backendDir = join(folder, "backend");
    const access = { cloudUrl: cloud.url, token: "a-token", passphrase: "words" };
    const engine = new Engine(cloud, folder, pulumi, pulumiEnvironment({ backendDir, ...access, pulumi }));
    const { status, text } = await engine.run("stack", "init", "test");
    if (status !== 0) throw new Error(text);
    return engine;
  }

  run(...args: string[]): Promise<Outcome> {
    const options = { cwd: this.folder, env: this.env };
    return new Promise((resolve) => {
      execFile(this.pulumi, [...args, "--non-interactive"], options, (error, out, err) =>
        resolve({ status: Number(error?.code ?? 0), text: out + err }),
      );
    });
  }

  /** What a command printed that has to succeed. */
  async ok(...args: string[]): Promise<string> {
    const { status, text } = await this.run(...args);
    expect(status, text).toBe(0);
    return text;
  }

  /** Gives the program a key to log in with, and the host key that a machine shows. */
  async giveKeys(): Promise<void> {
    const keyFile = join(this.folder, "key");
    const keys = makeKeyPair();
    await writeFile(keyFile, keys.private, { mode: 0o600 });
    await this.ok("config", "set", "keyFile", keyFile);
    await this.ok("config", "set", "hostKey", keys.public.trim());
  }

  up(...more: string[]): Promise<Outcome> {
    return this.run("up", "--yes", "--skip-preview", ...more);
  }

  destroy(): Promise<Outcome> {
    return this.run("destroy", "--yes", "--skip-preview");
  }

  /** What the cloud has, and what it costs. */
  async left(): Promise<string[]> {
    const names: string[] = [];
    for (const kind of ["servers", "firewalls", "primary_ips", "ssh_keys"]) {
      const headers = { Authorization: "Bearer a-token" };
      const response = await fetch(`${this.cloud.url}/${kind}`, { headers });
      const page = (await response.json()) as Record<string, { name: string }[]>;
      names.push(...(page[kind] ?? []).map(({ name }) => `${kind} ${name}`));
    }
    return names;
  }

  async close(): Promise<void> {
    await this.cloud.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}
