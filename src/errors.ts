/** One thing that is the user's to mend. */
export interface Fault {
  /** Path of the config key (`services[2].port`), or the name of the machine. */
  key: string;
  /** What stands there now; left out where nothing does. */
  value?: unknown;
  /** What is wrong with it. */
  problem: string;
  /** What to do about it. */
  cure: string;
}

const MASK = "(not shown)";
const SECRET_KEY = /(token|password|passphrase|secret|privatekey)$/i;
const SECRET_TEXT = /PRIVATE KEY|PuTTY-User-Key-File|^b3BlbnNzaC1rZXktdjE/;
const LONGEST_VALUE = 100;
const DEEPEST_VALUE = 4;

/** The same value without secrets: private keys, and what stands under a key named like a secret. */
export function maskSecrets(value: unknown, key = "", depth = 0): unknown {
  if (value === undefined || value === null) return value;
  if (SECRET_KEY.test(key.replace(/[-_]/g, ""))) return MASK;
  if (typeof value === "string") return SECRET_TEXT.test(value) ? MASK : value;
  if (typeof value === "bigint") return String(value);
  if (typeof value !== "object") return value;
  // A YAML alias can make a value that holds itself.
  if (depth === DEEPEST_VALUE) return "…";
  if (Array.isArray(value)) return value.map((item) => maskSecrets(item, "", depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, maskSecrets(item, name, depth + 1)]),
  );
}

/** A value on one line, quoted so that control characters cannot reach a terminal. */
function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  const safe = printable(text);
  return safe.length > LONGEST_VALUE ? `${safe.slice(0, LONGEST_VALUE)}…` : safe;
}

/**
 * What a terminal shows and does not obey. JSON escapes C0 only: DEL, C1, line separators and the marks that reverse
 * text are left there; a sentence may have a machine's words in it, line breaks with them.
 */
function printable(text: string): string {
  return text.replace(
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    "?",
  );
}

/** A fault in three lines, for people. */
export function describeFault(fault: Fault): string {
  const value = fault.value === undefined ? "" : `: ${shown(fault.value)}`;
  const key = shown(fault.key).replace(/^"(.*)"$/, "$1");
  return `${key}${value}\n      ${printable(fault.problem)}\n      cure: ${printable(fault.cure)}`;
}

/**
 * What is the user's to mend: shown as a readable list and without a stack trace. It holds every fault
 * that was found, not the first one, and no secret, in neither `message` nor `faults`.
 */
export class VisibleError extends Error {
  override readonly name = "VisibleError";
  readonly faults: Fault[];

  /** @param title - the first line; by default it tells how many faults follow. */
  constructor(faults: Fault | Fault[], title?: string) {
    const masked = [faults].flat().map((fault) => {
      if (fault.value === undefined) return fault;
      return { ...fault, value: maskSecrets(fault.value, fault.key) };
    });
    const count = masked.length === 1 ? "1 thing to mend" : `${masked.length} things to mend`;
    super(`${title ?? count}\n${masked.map((fault) => `  - ${describeFault(fault)}`).join("\n")}`);
    this.faults = masked;
  }
}
