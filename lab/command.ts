/**
 * Runs other programs on this machine for the lab.
 */
import { spawn } from "node:child_process";

/** What a finished program left behind. */
export interface Outcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** How to run a program. */
export interface RunOptions {
  /** Text for its standard input; none means /dev/null. */
  readonly input?: string | Buffer;
  /** Added to the environment of this process. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Milliseconds after which it is killed. */
  readonly timeout?: number;
}

/** Runs a program and gives its outcome, whatever the exit status. */
export function attempt(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      stdio: [options.input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
      env: { ...process.env, ...options.env },
      cwd: options.cwd,
      timeout: options.timeout,
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout?.on("data", (chunk: Buffer) => out.push(chunk));
    child.stderr?.on("data", (chunk: Buffer) => err.push(chunk));
    child.on("error", reject);
    child.on("close", (code, signal) => {
      const stderr = Buffer.concat(err).toString() + (signal ? `\n(ended by ${signal})` : "");
      resolve({ status: code ?? 255, stdout: Buffer.concat(out).toString(), stderr });
    });
    // A program may exit before it has read everything: its status tells, not EPIPE.
    child.stdin?.on("error", () => {});
    child.stdin?.end(options.input);
  });
}

/**
 * Runs a program that has to succeed and gives its standard output.
 * @throws Error with the command line and the end of its error output
 */
export async function run(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const outcome = await attempt(command, args, options);
  if (outcome.status !== 0) {
    const tail = (outcome.stderr.trim() || outcome.stdout.trim()).split("\n").slice(-12).join("\n");
    throw new Error(`${command} ${args.join(" ")} exited ${outcome.status}: ${tail}`);
  }
  return outcome.stdout;
}

/**
 * Polls until `probe` gives something other than undefined.
 * @param what named in the error, e.g. `SSH of the relay`
 * @throws Error when `timeout` milliseconds have passed
 */
export async function poll<T>(
  what: string,
  timeout: number,
  probe: () => Promise<T | undefined>,
  interval = 300,
): Promise<T> {
  const end = performance.now() + timeout;
  for (;;) {
    const found = await probe();
    if (found !== undefined) return found;
    if (performance.now() > end) throw new Error(`${what}: not there after ${timeout / 1000} s`);
    await new Promise((wake) => setTimeout(wake, interval));
  }
}
