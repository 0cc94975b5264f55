/**
 * Sends packets through the rendered configuration on a real kernel and tells what came of them.
 */
import { readdir, readFile } from "node:fs/promises";
import { runGuest } from "../guest/guest.ts";
import type { MachineFile } from "../machine/initrd.ts";
import { ensurePacketImage } from "./image.ts";
import { networkFiles } from "./network.ts";

/** One packet a line: the wire, what it is, its bytes. */
export interface Step {
  readonly what: string;
  readonly sent: readonly string[];
  readonly expected: readonly string[];
  readonly came: readonly string[];
}

/** What was seen of a case. */
export interface CaseResult {
  readonly name: string;
  readonly steps: readonly Step[];
  /** Why it ended early. */
  readonly error?: string;
}

const GUEST = new URL("guest/", import.meta.url);
const PROGRAMS = ["at", "places", "rc.common", "run.py", "wires.py", "case.py", "network.py"];

/** Names of all cases, in the order in which they run. */
export async function caseNames(): Promise<string[]> {
  const texts = await Promise.all((await caseFiles()).map((file) => readFile(new URL(file, GUEST), "utf8")));
  return texts.flatMap((text) => [...text.matchAll(/^@case\("(.+)"\)$/gm)].map(([, name]) => name as string));
}

/**
 * Boots the machine, runs every case, gives their results.
 * @throws Error when the places cannot be built or an end cannot be brought up
 */
export async function sendPackets(): Promise<CaseResult[]> {
  const said = await runGuest(await ensurePacketImage(), await guestFiles());
  const fault = /^FAULT.*$/m.exec(said);
  if (fault) throw new Error(`${fault[0]}: ${said.slice(0, fault.index).slice(-2000)}`);
  return [...said.matchAll(/^CASE (.*)$/gm)].map(([, text]) => JSON.parse(text as string) as CaseResult);
}

async function caseFiles(): Promise<string[]> {
  const names = await readdir(new URL("cases", GUEST));
  return names
    .filter((name) => name.endsWith(".py"))
    .toSorted()
    .map((name) => `cases/${name}`);
}

async function guestFiles(): Promise<Record<string, MachineFile>> {
  const files: Record<string, MachineFile> = {
    ...networkFiles(),
    "/usr/sbin/init": { text: await readFile(new URL("init", GUEST), "utf8"), mode: 0o755 },
  };
  for (const name of [...PROGRAMS, ...(await caseFiles())]) {
    files[`/packets/${name}`] = { text: await readFile(new URL(name, GUEST), "utf8"), mode: 0o755 };
  }
  return files;
}
