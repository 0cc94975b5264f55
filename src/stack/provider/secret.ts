/** How the engine marks a secret: its own constants (sdk/nodejs/runtime/rpc.ts). */
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";

/** Values without the engine's marks of secrets: what a resource gives back has to be marked again. */
export function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  const record = value as Record<string, unknown>;
  if (record[SIGNATURE] === SECRET) return plain(record["value"]);
  return Object.fromEntries(Object.entries(record).map(([key, each]) => [key, plain(each)]));
}

/** A value as the engine takes a secret: it stands encrypted in the state, and as `[secret]` in what is shown. */
export function secret(value: unknown): Record<string, unknown> {
  return { [SIGNATURE]: SECRET, value };
}
