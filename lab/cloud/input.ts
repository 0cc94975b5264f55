import type { z } from "zod";
import { invalidInput } from "./errors.ts";

const MISSING = "Missing data for required field.";

/**
 * Reads a request body by its schema.
 * @throws ApiError 422 `invalid_input` that lists every field at fault.
 */
export function readBody<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body ?? {});
  if (parsed.success) return parsed.data;
  const fields = new Map<string, string[]>();
  for (const issue of parsed.error.issues) {
    const name = issue.path.join(".");
    const missing = issue.code !== "unrecognized_keys" && valueAt(body, issue.path) === undefined;
    fields.set(name, [...(fields.get(name) ?? []), missing ? MISSING : issue.message]);
  }
  throw invalidInput([...fields].map(([name, messages]) => ({ name, messages })));
}

function valueAt(value: unknown, path: PropertyKey[]): unknown {
  return path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key], value);
}
