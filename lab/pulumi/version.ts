/** A version of three numbers. */
export type Version = [major: number, minor: number, patch: number];

/** The first version in a text, such as `go version go1.25.11 linux/amd64` or `v3.250.0`. */
export function findVersion(text: string): Version | undefined {
  const found = /(\d+)\.(\d+)(?:\.(\d+))?/.exec(text);
  return found ? [Number(found[1]), Number(found[2]), Number(found[3] ?? 0)] : undefined;
}

/** Whether one version is another or comes after it. */
export function atLeast(version: Version, wanted: Version): boolean {
  for (const [index, number] of version.entries()) {
    const least = wanted[index] ?? 0;
    if (number !== least) return number > least;
  }
  return true;
}
