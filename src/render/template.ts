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
  const file = fileURLToPath(new URL(`${end}${path}`, templates));
  const source = readFileSync(file, "utf8");
  const isScript = source.startsWith("#!");
  const text = ejs.render(source, values, { escape: isScript ? quote : plainWords, filename: file });
  return { path: target, mode: isScript ? "0755" : "0644", text };
}

/** The text of a file that no value is filled into. */
export function template(path: string): string {
  return readFileSync(new URL(path, templates), "utf8");
}
