/**
 * One thing that can be broken in a standing lab, and mended again, so that `relay4in6 doctor` can be seen to
 * name it.
 */
import type { FindingId } from "../../src/doctor/index.ts";

/** What is broken at which place. */
export interface Break {
  /** For `npm run lab -- break NAME`. */
  readonly name: string;
  /** A place of the lab: `operator`, `relay`, `home`, `home2`, `internet`, `server`. */
  readonly at: string;
  /** A sentence. */
  readonly what: string;
  /** What doctor calls it. */
  readonly finding: FindingId;
  /** Shell command that breaks it. */
  readonly break: string;
  /** Shell command that mends it; quietly done where it is whole. */
  readonly mend: string;
}

/** Writes a value into a file of /proc or /sys, and the old one back. */
export function setting(file: string, value: string): Pick<Break, "break" | "mend"> {
  const kept = `/tmp/lab-break-${file.replaceAll("/", "-")}`;
  return {
    break: `[ -e ${kept} ] || cat ${file} >${kept}; echo ${value} >${file}`,
    mend: `[ ! -e ${kept} ] || { cat ${kept} >${file}; rm ${kept}; }`,
  };
}

/** A rule in a table of the break's own. @param rule behind the hook, in nft's words */
export function nftRule(hook: string, rule: string): Pick<Break, "break" | "mend"> {
  const mend = "nft delete table inet lab_break 2>/dev/null || true";
  return {
    break: `${mend}; nft 'add table inet lab_break; add chain inet lab_break broken { ${hook}; }; add rule inet lab_break broken ${rule}'`,
    mend,
  };
}
