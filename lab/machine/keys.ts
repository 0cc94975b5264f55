/**
 * SSH keys of the lab: the operator's, and one host key for each machine that is not made through
 * the cloud. Made at start, kept in `lab/.run/keys`, gone with `lab down`.
 */
import { existsSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { run } from "../command.ts";
import { RUN } from "../places.ts";

/** An ed25519 key pair in OpenSSH's formats. */
export interface KeyPair {
  /** PEM text. */
  readonly privateKey: string;
  /** `ssh-ed25519 AAAA…`, without comment and newline. */
  readonly publicKey: string;
  /** File of the private key, mode 600. */
  readonly file: string;
}

/** Gives the key pair of that name, made at the first call. */
export async function keyPair(name: string): Promise<KeyPair> {
  const file = `${RUN}/keys/${name}`;
  if (!existsSync(file)) {
    await mkdir(`${RUN}/keys`, { recursive: true, mode: 0o700 });
    await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "", "-f", file]);
  }
  const [privateKey, publicKey] = await Promise.all([
    readFile(file, "utf8"),
    readFile(`${file}.pub`, "utf8"),
  ]);
  return { privateKey, publicKey: publicKey.trim(), file };
}
