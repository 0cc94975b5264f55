/**
 * Programs that go on after the command that started them, and are found again by their pid.
 */
import { readFileSync } from "node:fs";
import { poll } from "../command.ts";

/** A process, safe against a pid that has been given to another one since. */
export interface ProcessMark {
  readonly pid: number;
  /** Start time in clock ticks since boot: field 22 of /proc/PID/stat, proc(5). */
  readonly startTime: string;
}

/** Marks a running process. @throws Error when there is none of that pid */
export function markProcess(pid: number): ProcessMark {
  const startTime = startTimeOf(pid);
  if (startTime === undefined) throw new Error(`No process has the pid ${pid}.`);
  return { pid, startTime };
}

/** Whether the marked process still runs. */
export function isRunning(mark: ProcessMark): boolean {
  return startTimeOf(mark.pid) === mark.startTime;
}

/** Ends the marked process, by force if it does not follow in 10 s. Quietly done when it has gone. */
export async function endProcess(mark: ProcessMark): Promise<void> {
  const gone = async () => (isRunning(mark) ? undefined : true);
  if (!isRunning(mark)) return;
  process.kill(mark.pid, "SIGTERM");
  try {
    await poll(`end of process ${mark.pid}`, 10_000, gone, 50);
  } catch {
    if (isRunning(mark)) process.kill(mark.pid, "SIGKILL");
    await poll(`end of process ${mark.pid}`, 60_000, gone, 50);
  }
}

function startTimeOf(pid: number): string | undefined {
  try {
    // The name in parentheses may hold blanks: count from the last one.
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
    return fields[0] === "Z" ? undefined : fields[19];
  } catch {
    return undefined;
  }
}
