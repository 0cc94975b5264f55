import { execFileSync } from "node:child_process";

/** Runs a script in a network namespace, which has to succeed. @returns what it printed */
export function inside(namespace: string, script: string): string {
  return execFileSync("ip", ["netns", "exec", namespace, "sh", "-euc", script], {
    encoding: "utf8",
    stdio: "pipe",
  });
}
