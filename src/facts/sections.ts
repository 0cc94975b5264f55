import { z } from "zod";
import { VisibleError } from "../errors.ts";

/**
 * A shell command that prints the output of several others, each under a line of its own: one question to a
 * machine, over one channel.
 *
 * @param commands name of the section → command; one that fails leaves an empty section
 */
export function sectioned(commands: Readonly<Record<string, string>>): string {
  return Object.entries(commands)
    .map(([name, command]) => `echo "== ${name}"; { ${command}; } 2>/dev/null || true`)
    .join("; ");
}

/** What `sectioned` printed: name of the section → its text. */
export function sections(output: string): Record<string, string> {
  const [, ...parts] = output.split(/^== (\w+)\n/m);
  return Object.fromEntries(
    parts.flatMap((part, index) => (index % 2 === 0 ? [[part, parts[index + 1] ?? ""]] : [])),
  );
}

/**
 * A section that is JSON, in the form that it is read in.
 *
 * @param machine its name, for the error
 * @param command what printed it
 * @throws VisibleError for anything else
 */
export function jsonSection<T>(machine: string, command: string, text: string, shape: z.ZodType<T>): T {
  const parsed = z
    .string()
    .transform((value, context): unknown => {
      try {
        return JSON.parse(value);
      } catch {
        context.issues.push({ code: "custom", message: "is no JSON", input: value });
        return z.NEVER;
      }
    })
    .pipe(shape)
    .safeParse(text);
  if (parsed.success) return parsed.data;
  const [{ path, message } = { path: [], message: "" }] = parsed.error.issues;
  throw new VisibleError({
    key: machine,
    value: text.trim(),
    problem: `\`${command}\` answers as no such machine does${path.length === 0 ? "" : `, at ${path.join(".")}`}: ${message}`,
    cure: "see that the machine is what `end` says, and what that command prints on it",
  });
}
