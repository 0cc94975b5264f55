import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import ssh2 from "ssh2";
import { VisibleError } from "../errors.ts";

const REASONS: Record<string, [problem: string, cure: string]> = {
  ENOENT: ["does not exist", "write the path of your private key, or make one with `ssh-keygen -t ed25519`"],
  ENOTDIR: ["does not exist", "write the path of your private key"],
  EACCES: ["may not be read by you", "make it yours: `chown` and `chmod 600`"],
  EISDIR: ["is a directory", "write the path of the private key in it, for example id_ed25519"],
};

/** The path with `~` for the home directory of whoever runs this. */
export function expandHome(path: string): string {
  return path === "~" || path.startsWith("~/") ? join(homedir(), path.slice(1)) : path;
}

/** Why a text is no private key that can be used without asking a person; undefined when it is one. */
function problemOf(text: string): [problem: string, cure: string] | undefined {
  const parsed = ssh2.utils.parseKey(text);
  if (parsed instanceof Error) {
    if (/encrypted|passphrase/i.test(parsed.message)) {
      const cure =
        "add it to an SSH agent (`ssh-add`) and leave `key` out, or use a key without a passphrase";
      return ["is encrypted, and nobody is asked for its passphrase", cure];
    }
    return ["is no private key in a form that is known", "write the path of an OpenSSH or PEM private key"];
  }
  const key = Array.isArray(parsed) ? parsed[0] : parsed;
  if (key?.isPrivateKey()) return undefined;
  return ["is a public key", "write the path of the private key, without .pub"];
}

/**
 * Reads a private key and sees to it that it can be used.
 *
 * @param path - as in the config, `~/` allowed
 * @param key - config key to name in the fault
 * @returns the key's text
 * @throws VisibleError when it is missing, unreadable, encrypted or no private key; never with its text.
 */
export async function readPrivateKey(path: string, key = "ssh.key"): Promise<string> {
  const fault = (problem: string, cure: string) => new VisibleError({ key, value: path, problem, cure });
  let text: string;
  try {
    text = await readFile(expandHome(path), "utf8");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "unknown error";
    throw fault(...(REASONS[code] ?? [`cannot be read (${code})`, "write the path of a private key"]));
  }
  const problem = problemOf(text);
  if (problem) throw fault(...problem);
  return text;
}
