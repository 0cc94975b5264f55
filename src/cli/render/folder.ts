import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative } from "node:path";
import { VisibleError } from "../../errors.ts";
import type { TreeFile } from "./tree.ts";

/** Lists what we wrote, in the form that `sha256sum -c` reads; what is not in it is not ours. */
const manifestName = ".relay4in6";

/** A file that people are told to edit. */
const editable = "facts.json";

/**
 * Writes files below a folder, in place of those that an earlier run wrote there.
 *
 * @param force write over what somebody else put there
 * @throws VisibleError when the folder has files that are not ours or were edited, or cannot be written
 */
export function writeFolder(folder: string, files: readonly TreeFile[], force: boolean): void {
  try {
    mkdirSync(folder, { recursive: true });
    const before = readManifest(folder);
    if (!force) refuseForeign(folder, before);
    for (const path of before.keys()) {
      if (!files.some((file) => file.path === path)) removeFile(folder, path);
    }
    for (const file of files) writeFile(folder, file);
    const lines = files.map(({ path, text }) => `${digest(text)}  ${path}\n`);
    writeFile(folder, { path: manifestName, mode: "0644", text: lines.join("") });
  } catch (error) {
    throw explained(folder, error);
  }
}

function readManifest(folder: string): Map<string, string> {
  const path = join(folder, manifestName);
  if (!existsSync(path)) return new Map();
  const lines = readFileSync(path, "utf8").split("\n");
  return new Map(
    lines.flatMap((line): [string, string][] => {
      const [sum, name] = line.split("  ");
      // A line that leads out of the folder is none that we wrote.
      return sum && name && !name.split("/").includes("..") && !name.startsWith("/") ? [[name, sum]] : [];
    }),
  );
}

function refuseForeign(folder: string, before: ReadonlyMap<string, string>): void {
  const foreign = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .filter((entry) => {
      const path = relative(folder, join(entry.parentPath, entry.name));
      if (path === manifestName) return false;
      if (!entry.isFile() || !before.has(path)) return true;
      return path !== editable && before.get(path) !== digest(readFileSync(join(folder, path)));
    })
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
  const [first, ...others] = foreign.toSorted();
  if (first === undefined) return;
  const more = others.length === 0 ? "" : ` and ${others.length} more`;
  const problem = `the folder has files that were not written here, or were edited since: ${first}${more}`;
  const cure = "name another folder, or write over them with --force";
  throw new VisibleError({ key: "--out", value: folder, problem, cure }, "1 fault; nothing was written.");
}

function removeFile(folder: string, path: string): void {
  rmSync(join(folder, path), { force: true });
  for (let parent = dirname(path); parent !== "."; parent = dirname(parent)) {
    const left = join(folder, parent);
    if (!existsSync(left) || readdirSync(left).length > 0) return;
    rmdirSync(left);
  }
}

function writeFile(folder: string, { path, mode, text }: TreeFile): void {
  const target = join(folder, path);
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, text);
  // The mode of the machine, whatever the umask here.
  chmodSync(target, Number.parseInt(mode, 8));
}

function digest(content: string | Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}

function explained(folder: string, error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (error instanceof VisibleError || code === undefined) return error;
  const reasons: Record<string, string> = {
    EACCES: "may not be written by you",
    EROFS: "is on a file system that is read-only",
    ENOSPC: "is on a file system that is full",
    EEXIST: "is a file, not a folder",
    ENOTDIR: "is not a folder, or lies below a file",
  };
  const problem = reasons[code] ?? `cannot be written (${code})`;
  return new VisibleError({ key: "--out", value: folder, problem, cure: "name another folder" });
}
