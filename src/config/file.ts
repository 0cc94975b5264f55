import { isMap, LineCounter, parseDocument } from "yaml";
import { type Fault, maskSecrets, VisibleError } from "../errors.ts";

const NAMESPACE = "relay4in6:";

/** A line of the file, unless it could hold a secret. */
function lineOf(text: string, line: number): unknown {
  const content = text.split("\n")[line - 1]?.trim() ?? "";
  return /token|passw|passphrase|secret|secure/i.test(content) ? undefined : maskSecrets(content);
}

function yamlFault(text: string, line: number, column: number, message: string): Fault {
  const value = lineOf(text, line);
  return {
    key: `line ${line}, column ${column}`,
    ...(value === undefined || value === "" ? {} : { value }),
    problem: `is not YAML: ${message.replace(/[.:]?$/, "")}`,
    cure: "mend this line; indentation is by blanks, and a text with `: ` or ` #` in it is quoted",
  };
}

function isGroup(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parseYaml(text: string): unknown {
  const lineCounter = new LineCounter();
  // Pulumi reads merge keys (`<<`), so the same file has to mean the same here.
  const document = parseDocument(text, { lineCounter, merge: true, prettyErrors: false, logLevel: "error" });
  if (document.errors.length > 0) {
    const faults = document.errors.map(({ pos, message }) => {
      const { line, col } = lineCounter.linePos(pos[0]);
      return yamlFault(text, Math.max(line, 1), Math.max(col, 1), message);
    });
    throw new VisibleError(faults, "The config file cannot be read.");
  }
  if (document.contents !== null && !isMap(document.contents)) {
    throw new VisibleError(
      yamlFault(text, 1, 1, "it is no group of keys"),
      "The config file cannot be read.",
    );
  }
  try {
    return document.toJS();
  } catch (error) {
    throw new VisibleError(
      yamlFault(text, 1, 1, (error as Error).message),
      "The config file cannot be read.",
    );
  }
}

/**
 * Takes our keys out of a stack's `Pulumi.NAME.yaml`, or of a file with the same keys without the
 * namespace. Keys of other namespaces (`hcloud:token`) are left out.
 *
 * @returns what parseSpec judges: unknown keys of ours are kept for it.
 * @throws VisibleError with the line when the text is no YAML.
 */
export function readConfigFile(text: string): unknown {
  const file = parseYaml(text);
  if (!isGroup(file)) return {};
  const config = "config" in file ? file.config : file;
  if (!isGroup(config)) return config ?? {};
  const ours = Object.entries(config).flatMap(([key, value]): [string, unknown][] => {
    if (key.startsWith(NAMESPACE)) return [[key.slice(NAMESPACE.length), value]];
    return key.includes(":") ? [] : [[key, value]];
  });
  return Object.fromEntries(ours);
}
