import { probeScript, type Side } from "../../src/probe/script.ts";
import { choiceName } from "../../src/transports/candidates.ts";
import { autoHome, candidatesOf } from "./examples.ts";

const ends = ["openwrt", "debian"] as const;
const sides: readonly Side[] = ["relay", "home"];

/** Every script that an end can be given, by what it is for. */
export const scripts: Readonly<Record<string, string>> = Object.fromEntries(
  ends.flatMap((end) =>
    candidatesOf(autoHome({ end })).flatMap((candidate) =>
      sides
        .filter((side) => side === "home" || end === "debian")
        .map((side) => {
          const machine = side === "relay" ? "relay" : end;
          if (!("tunnel" in candidate)) throw new Error(candidate.problem);
          return [
            `${choiceName(candidate).replaceAll(" ", "-")}-${machine}`,
            probeScript(candidate.tunnel, side),
          ] as const;
        }),
    ),
  ),
);
