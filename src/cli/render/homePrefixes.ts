import type { TunnelHomeSpec } from "../../config/index.ts";
import type { Fault } from "../../errors.ts";

const OPTION = "--home-prefix";

/**
 * Whose prefix each `--home-prefix` is: `NAME=PREFIX`, or the prefix alone when there is one home.
 *
 * @param faults takes what names no home, or a home twice
 * @returns prefix as written, by the home's name
 */
export function homePrefixes(
  values: readonly string[],
  homes: readonly TunnelHomeSpec[],
  faults: Fault[],
): Map<string, string> {
  const prefixes = new Map<string, string>();
  const names = homes.map(({ name }) => name);
  for (const value of values) {
    const separator = value.indexOf("=");
    const [only, ...others] = names;
    const name = separator >= 0 ? value.slice(0, separator) : only;
    if (name === undefined || (separator < 0 && others.length > 0)) {
      const cure = `write NAME=${value}, NAME being one of ${names.join(", ")}`;
      faults.push({ key: OPTION, value, problem: "does not say of which home", cure });
    } else if (!names.includes(name)) {
      const problem = "names a home that the config does not have";
      faults.push({ key: OPTION, value, problem, cure: `it has ${names.join(", ")}` });
    } else if (prefixes.has(name)) {
      faults.push({ key: OPTION, value, problem: `is the second one for ${name}`, cure: "leave one out" });
    } else {
      prefixes.set(name, value.slice(separator + 1));
    }
  }
  return prefixes;
}
