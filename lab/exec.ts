/**
 * `lab exec`: runs a command at a place of the lab, with this terminal as its own.
 */
import { spawn } from "node:child_process";
import { readLab } from "./lab.ts";
import { sshArguments } from "./network/ssh.ts";
import { whereIs } from "./whereabouts.ts";

/**
 * Runs a command at a place and gives its exit status.
 * In a namespace it has the environment that any Pulumi or hcloud client needs.
 */
export async function execAt(place: string, command: readonly string[]): Promise<number> {
  const { homes, environment } = await readLab();
  const where = await whereIs(place, homes);
  if (where.kind === "namespace") {
    return inherit(["netns", "exec", where.namespace, ...command], {
      ...environment,
      TERM: process.env.TERM ?? "dumb",
    });
  }
  const ssh = await sshArguments(where.target);
  const terminal = process.stdin.isTTY ? ["-t"] : [];
  // ssh hands the remote shell one line: each word has to come through as it is.
  return inherit([...ssh, ...terminal, "--", command.map(quoted).join(" ")]);
}

function inherit(args: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn("ip", args, { stdio: "inherit", env });
    child.on("error", reject);
    child.on("close", (code) => resolve(code ?? 255));
  });
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
