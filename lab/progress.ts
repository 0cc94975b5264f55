/**
 * Tells the person at the terminal what the lab is doing, how far it is, and how long it took.
 */
const begun = performance.now();

/** A line with the seconds since the lab command began before it. */
export function timed(text: string): string {
  return `${((performance.now() - begun) / 1000).toFixed(0).padStart(4)} s  ${text}`;
}

/** Prints one line, timed. */
export function say(text: string): void {
  process.stderr.write(`${timed(text)}\n`);
}

/**
 * Does `work` under a title that is said before and after, and again every 15 s in between,
 * so that nobody takes a long step for a hang.
 */
export async function step<T>(title: string, work: () => Promise<T>): Promise<T> {
  const start = performance.now();
  const elapsed = () => `${((performance.now() - start) / 1000).toFixed(0)} s`;
  say(`${title} …`);
  const heartbeat = setInterval(() => say(`${title} … still at it after ${elapsed()}`), 15_000);
  try {
    const result = await work();
    say(`${title}: done in ${elapsed()}`);
    return result;
  } finally {
    clearInterval(heartbeat);
  }
}
