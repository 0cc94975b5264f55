import { isAuto, parseOpenSpec } from "../../src/config/index.ts";
import { settleHome } from "../../src/config/settle.ts";
import type { AutoHomeSpec } from "../../src/config/spec.ts";
import { assumeHome } from "../../src/facts/index.ts";
import { type Candidate, candidatesFor } from "../../src/probe/index.ts";
import { candidates } from "../../src/transports/candidates.ts";
import { config, home } from "../config/examples.ts";

/** A home whose tunnel is to be chosen. */
export function autoHome(change: object = {}): AutoHomeSpec {
  const { spec } = parseOpenSpec(config({ homes: [home({ transport: "auto", ...change })] }));
  const [found] = spec.homes;
  if (found === undefined || !isAuto(found)) throw new Error("the home is not auto");
  return found;
}

/** Every candidate of such a home. */
export function candidatesOf(open: AutoHomeSpec): Candidate[] {
  const relay = { ipv4: "203.0.113.10", prefix: "2001:db8:1:1::/64", mtu: 1500 };
  const possibilities = candidates.map((choice) => ({
    choice,
    facts: assumeHome(settleHome(open, choice), "2001:db8:b101::/64"),
  }));
  return candidatesFor(open, 0, relay, possibilities);
}
