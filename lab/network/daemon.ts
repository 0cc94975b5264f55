/**
 * Long-running programs of the lab inside its namespaces, recorded so that `lab down` finds them.
 */
import { spawn } from "node:child_process";
import { closeSync, existsSync, openSync } from "node:fs";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { poll } from "../command.ts";
import { endProcess, isRunning, markProcess, type ProcessMark } from "../machine/process.ts";
import { RUN } from "../places.ts";
import type { Namespace } from "./namespaces.ts";

const FOLDER = `${RUN}/daemons`;

/** How to start a daemon. */
export interface DaemonOptions {
  /** Names its log and record, unique in the lab. */
  readonly name: string;
  readonly namespace: Namespace;
  readonly command: readonly [string, ...string[]];
  /** A word in its log that says it is ready; without it nobody waits. */
  readonly ready?: RegExp;
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Starts a program that stays foreground, with its output in `lab/.run/daemons/NAME.log`.
 * @throws Error with the end of its log when it ends early or is not ready in 30 s
 */
export async function startDaemon(options: DaemonOptions): Promise<ProcessMark> {
  await mkdir(FOLDER, { recursive: true });
  const log = `${FOLDER}/${options.name}.log`;
  const output = openSync(log, "a");
  const child = spawn("ip", ["netns", "exec", options.namespace, ...options.command], {
    stdio: ["ignore", output, output],
    detached: true,
    env: { ...process.env, ...options.env },
  });
  closeSync(output);
  child.unref();
  // `ip netns exec` becomes the program itself: the pid stays.
  const mark = markProcess(child.pid ?? 0);
  await writeFile(`${FOLDER}/${options.name}.json`, JSON.stringify(mark));
  const { ready } = options;
  if (ready) {
    await poll(`${options.name} ready`, 180_000, async () => {
      const text = await readFile(log, "utf8");
      if (!isRunning(mark))
        throw new Error(`${options.name} ended: ${text.split("\n").slice(-8).join("\n")}`);
      return ready.test(text) ? true : undefined;
    });
  }
  return mark;
}

/** Ends a daemon; quietly done when it has gone. */
export async function stopDaemon(name: string): Promise<void> {
  const file = `${FOLDER}/${name}.json`;
  if (!existsSync(file)) return;
  await endProcess(JSON.parse(await readFile(file, "utf8")) as ProcessMark);
  await rm(file);
}

/** Ends every daemon of the lab. */
export async function stopDaemons(): Promise<void> {
  if (!existsSync(FOLDER)) return;
  const records = (await readdir(FOLDER)).filter((file) => file.endsWith(".json"));
  for (const file of records) await stopDaemon(file.replace(/\.json$/, ""));
}
