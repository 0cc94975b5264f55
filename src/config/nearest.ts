import { distance } from "fastest-levenshtein";

/** The candidate that a mistyped or shortened word most likely means, or undefined when none is near. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  if (word.length > 60) return undefined;
  const lower = word.toLowerCase();
  const limit = Math.max(1, Math.floor(word.length / 2.5));
  const [best] = candidates
    .map((candidate) => ({ candidate, far: distance(lower, candidate.toLowerCase()) }))
    .sort((a, b) => a.far - b.far);
  if (best && best.far <= limit) return best.candidate;
  return lower.length < 3 ? undefined : candidates.find((known) => known.toLowerCase().startsWith(lower));
}
