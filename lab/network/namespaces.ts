/**
 * Network namespaces of the lab: made, used and taken away by name. All names begin with `lab-`.
 */
import { attempt, type Outcome, type RunOptions, run } from "../command.ts";

/** The namespaces, one for each place on the lab's map. */
export type Namespace = `lab-${string}`;

/** Makes a namespace with its loopback up. Quietly done when it exists. */
export async function addNamespace(name: Namespace): Promise<void> {
  if ((await namespaces()).includes(name)) return;
  await run("ip", ["netns", "add", name]);
  await inNamespace(name, "ip", ["link", "set", "lo", "up"]);
}

/** The lab's namespaces that exist now. */
export async function namespaces(): Promise<Namespace[]> {
  const listed = JSON.parse((await run("ip", ["-j", "netns", "list"])) || "[]") as { name: string }[];
  return listed.map(({ name }) => name).filter((name): name is Namespace => name.startsWith("lab-"));
}

/** Removes a namespace with all devices in it. */
export async function removeNamespace(name: Namespace): Promise<void> {
  await run("ip", ["netns", "delete", name]);
}

/** Runs a program inside a namespace; it has to succeed. */
export function inNamespace(name: Namespace, command: string, args: readonly string[], options?: RunOptions) {
  return run("ip", ["netns", "exec", name, command, ...args], options);
}

/** Runs a program inside a namespace and gives its outcome, whatever it is. */
export function attemptIn(
  name: Namespace,
  command: string,
  args: readonly string[],
  options?: RunOptions,
): Promise<Outcome> {
  return attempt("ip", ["netns", "exec", name, command, ...args], options);
}

/** Carries out lines of `ip` commands in a namespace, as `ip -batch` does: all, or an error. */
export async function ipBatch(name: Namespace, lines: readonly string[]): Promise<void> {
  await run("ip", ["-n", name, "-batch", "-"], { input: `${lines.join("\n")}\n` });
}

/** Sets kernel parameters in a namespace. */
export async function sysctl(
  name: Namespace,
  values: Readonly<Record<string, string | number>>,
): Promise<void> {
  const settings = Object.entries(values).map(([key, value]) => `${key}=${value}`);
  await inNamespace(name, "sysctl", ["-q", "-w", ...settings]);
}
