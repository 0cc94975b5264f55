import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ejs from "ejs";
import type { BundleFile } from "./bundle.ts";
import { plainWords, quote } from "./quote.ts";

/** The folder that mirrors each end's file system. */
const templates = new URL("../../templates/", import.meta.url);

/**
 * Fills the template that stands at `path` in the picture of an end's file system.
 *
 * @param end folder of `templates/`
 * @param path absolute path on the machine
 * @param values what the template names; a name that is missing is an error
 * @param target the file's path, where it differs from the template's
 */
export function fill(end: string, path: string, values: object, target: string = path): BundleFile {
  return fillFrom(new URL(`${end}${path}`, templates), values, target);
}

/** Fills a template that stands elsewhere: a transport's own, in its folder. */
export function fillFrom(template: URL, values: object, target: string): BundleFile {
  const { isScript, write } = compiled(fileURLToPath(template));
  return { path: target, mode: isScript ? "0755" : "0644", text: write(values) };
}

interface Compiled {
  isScript: boolean;
  write: ejs.TemplateFunction;
}

const known = new Map<string, Compiled>();

/** A template is the same for every tunnel and every end: it is read once. */
function compiled(file: string): Compiled {
  const before = known.get(file);
  if (before !== undefined) return before;
  const source = readFileSync(file, "utf8");
  const isScript = source.startsWith("#!");
  const write = ejs.compile(source, { escape: isScript ? quote : plainWords, filename: file });
  known.set(file, { isScript, write });
  return { isScript, write };
}

/** The text of a file that no value is filled into. */
export function template(path: string): string {
  return readFileSync(new URL(path, templates), "utf8");
}
