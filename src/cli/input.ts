import { readFileSync } from "node:fs";
import { VisibleError } from "../errors.ts";

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "does not exist",
  ENOTDIR: "does not exist",
  EACCES: "may not be read by you",
  EISDIR: "is a folder",
};

/**
 * Reads a file that an option names.
 *
 * @param option as people write it: `--config`
 * @param wanted what to name instead, for the cure
 * @throws VisibleError when it cannot be read
 */
export function readNamedFile(option: string, path: string, wanted: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const { code = "unknown error" } = error as NodeJS.ErrnoException;
    throw new VisibleError({
      key: option,
      value: path,
      problem: REASONS[code] ?? `cannot be read (${code})`,
      cure: `name ${wanted}`,
    });
  }
}
