import { createHash } from "node:crypto";
import type { Inspection } from "../../deliver/index.ts";
import type { Bundle } from "../../render/index.ts";

/**
 * What an end has, against what the config and the stack's facts say.
 *
 * - `none`: the same, and alive
 * - `absent`: none of our files
 * - `edited`: a file differs or is missing
 * - `dead`: the files are right, and tunnel, routes or rules are not there
 */
export type Drift = "none" | "absent" | "edited" | "dead";

/** Drift of one end, with the digests of what it has and of what it should have. */
export interface DriftReport {
  drift: Drift;
  /** Paths that differ. */
  files: string[];
  digest: string;
  wanted: string;
}

/** Compares an end with its bundle. State that follows the home is in neither. */
export function driftOf(
  bundle: Bundle,
  { files, healthy }: Pick<Inspection, "files" | "healthy">,
): DriftReport {
  const differing = bundle.files.filter(({ path, text }) => files[path] !== text).map(({ path }) => path);
  const wanted = Object.fromEntries(bundle.files.map(({ path, text }) => [path, text]));
  return {
    drift: wordFor(Object.keys(files).length === 0, differing.length > 0, healthy),
    files: differing,
    digest: digestOf(files),
    wanted: digestOf(wanted),
  };
}

function wordFor(isAbsent: boolean, isEdited: boolean, isHealthy: boolean): Drift {
  if (isAbsent) return "absent";
  if (isEdited) return "edited";
  return isHealthy ? "none" : "dead";
}

/** Eight digits that name a set of files: paths and texts, in the paths' order. */
function digestOf(files: Readonly<Record<string, string>>): string {
  const sorted = Object.entries(files).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return createHash("sha256").update(JSON.stringify(sorted)).digest("hex").slice(0, 8);
}
