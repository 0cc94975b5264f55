/**
 * SSH of the lab to its own machines: the operator's key, and a host key that is known beforehand.
 */
import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { keyPair } from "../machine/keys.ts";
import { RUN } from "../places.ts";
import type { Namespace } from "./namespaces.ts";

/** Where to log in, and from which namespace. */
export interface SshTarget {
  readonly namespace: Namespace;
  readonly host: string;
  /** `ssh-ed25519 AAAA…` */
  readonly hostKey: string;
}

/** Arguments for `ip` that run `ssh` in the target's namespace; the remote command goes behind them. */
export async function sshArguments({ namespace, host, hostKey }: SshTarget): Promise<string[]> {
  const known = `${RUN}/keys/known-${createHash("sha256").update(`${host} ${hostKey}`).digest("hex").slice(0, 12)}`;
  await mkdir(`${RUN}/keys`, { recursive: true, mode: 0o700 });
  await writeFile(known, `${host} ${hostKey}\n`);
  const options = {
    UserKnownHostsFile: known,
    StrictHostKeyChecking: "yes",
    BatchMode: "yes",
    ConnectTimeout: "20",
    LogLevel: "ERROR",
  };
  return [
    ...["netns", "exec", namespace, "ssh", "-i", (await keyPair("operator")).file],
    ...Object.entries(options).map(([name, value]) => `-o${name}=${value}`),
    `root@${host}`,
  ];
}
