/**
 * `lab break`: breaks one thing in the standing lab and leaves it, for `relay4in6 doctor` to name.
 */
import { breakNamed, breaks, placeOf } from "./breaks/index.ts";
import { readLab } from "./lab.ts";

/** How `lab break` was called. */
export interface BreakOptions {
  readonly list?: boolean;
  readonly mend?: boolean;
}

/** Breaks, mends or lists. @returns what to print */
export async function breakLab(name: string | undefined, { list, mend }: BreakOptions): Promise<string> {
  if (list || name === undefined) {
    return breaks.map((each) => `${each.name.padEnd(18)} ${each.finding.padEnd(18)} ${each.what}`).join("\n");
  }
  const broken = breakNamed(name);
  const place = await placeOf(broken, await readLab());
  await place.say(mend ? broken.mend : broken.break, 120);
  if (mend) return `Mended: ${broken.what}.`;
  return `Broken: ${broken.what}. Mend it with: npm run lab -- break --mend ${name}`;
}
