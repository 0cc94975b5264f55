/** An install by hand: the rendered README's own commands, with the real ssh, against machines that deliver/sandbox stands in for. */
import { execFile } from "node:child_process";
import { chmodSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { KeyPair } from "../../src/deliver/keyPair.ts";
import type { Sandbox } from "../deliver/sandbox/sandbox.ts";
import { shellBlocks } from "./blocks.ts";
import { type Ended, relay4in6, write } from "./cli.ts";

/** What `render` has written, and how its commands are run. */
export class ByHand {
  /** What was rendered. */
  readonly out: string;
  /** The README's commands, block by block. */
  readonly blocks: readonly string[];
  readonly #folder: string;

  /** @param folder for what is rendered, and for ssh; both machines let the key in */
  constructor(folder: string, config: object, machines: readonly Sandbox[], { private: key }: KeyPair) {
    this.#folder = folder;
    this.out = join(folder, "out");
    const file = write(folder, "config.yaml", JSON.stringify(config));
    const options = ["--relay-ipv4", "203.0.113.10", "--relay-prefix", "2001:db8:1::/64", "--out", this.out];
    const { code, stderr } = relay4in6("render", "--config", file, ...options);
    expect([code, stderr.includes("fault")]).toEqual([0, false]);
    this.blocks = shellBlocks(readFileSync(join(this.out, "README.md"), "utf8"));
    chmodSync(write(folder, "key", key), 0o600);
    const known = machines.map(({ target: { host, port, hostKey } }) => `[${host}]:${port} ${hostKey}\n`);
    write(folder, "known_hosts", known.join(""));
    const ssh = `IdentityFile ${folder}/key\nUserKnownHostsFile ${folder}/known_hosts\nBatchMode yes\n`;
    write(folder, "ssh_config", ssh);
  }

  /** Runs commands as they stand, in the rendered folder; ssh knows the key. The sandbox needs this process meanwhile. */
  run(commands: string | undefined): Promise<Ended> {
    const withKey = `set -eu\nssh() { command ssh -F ${this.#folder}/ssh_config "$@"; }\n${commands}`;
    return new Promise((resolve) => {
      const child = execFile(
        "sh",
        ["-c", withKey],
        { cwd: this.out, timeout: 100_000 },
        (_, stdout, stderr) => resolve({ code: child.exitCode, stdout, stderr }),
      );
      child.stdin?.end();
    });
  }

  /** Sends a script that tries a new state, and keeps it as it says. @returns what the end says of that */
  async keep(send: string | undefined, confirm: string | undefined): Promise<string> {
    const { code, stdout, stderr } = await this.run(send);
    expect([code, JSON.parse(stdout).result]).toEqual([0, "trial"]);
    const told =
      /on trial; within 120 seconds, keep it over a new connection: (.*)/.exec(stderr)?.[1] ?? stderr;
    const [command, ...others] = (confirm ?? "").trim().split("\n");
    expect(others).toEqual([]);
    const [, token = ""] = / confirm (\w+)$/.exec(told) ?? [];
    expect(command?.replace("TOKEN", token).endsWith(` ${told}`)).toBe(true);
    return (await this.run(command?.replace("TOKEN", token))).stdout;
  }
}
