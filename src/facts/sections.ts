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
