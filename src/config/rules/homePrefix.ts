import type { Fault } from "../../errors.ts";
import { ipv6Prefix, unlikely, unroutable } from "../addresses.ts";
import type { Rule } from "./rule.ts";

const EXAMPLE = "2001:db8:2::/64";

function faultOf(key: string, end: string | undefined, value: string): Fault[] {
  if (value === "auto") {
    if (end !== "manual") return [];
    const problem = "has no machine to ask when `end` is manual";
    return [{ key, value, problem, cure: `write the home's IPv6 prefix, for example ${EXAMPLE}` }];
  }
  const prefix = ipv6Prefix(value);
  if (typeof prefix !== "string") {
    const auto = end === "manual" ? "" : ", or auto";
    const example = prefix.network ?? `the home's prefix, for example ${EXAMPLE}`;
    return [{ key, value, problem: prefix.problem, cure: `write ${example}${auto}` }];
  }
  const kind = unroutable(prefix);
  if (kind === undefined) return [];
  const problem = `is in the range of ${kind}: no packet of the relay can reach it`;
  const cure =
    "write the prefix that the ISP gives to the home (`ip -6 addr show scope global` shows its addresses)";
  return [{ key, value, problem, cure }];
}

/** `prefix` is one that an endpoint can be derived from and that the relay can reach. */
export const homePrefix: Rule = ({ homes }) =>
  homes.flatMap((home, index) =>
    home.prefix === undefined ? [] : faultOf(`homes[${index}].prefix`, home.end, home.prefix),
  );

/** A warning: examples and the lab use such prefixes, a home does not. */
export const unlikelyPrefix: Rule = ({ homes }) =>
  homes.flatMap((home, index): Fault[] => {
    const prefix = ipv6Prefix(home.prefix ?? "");
    const problem = typeof prefix === "string" && !unroutable(prefix) ? unlikely(prefix) : undefined;
    if (problem === undefined) return [];
    const cure = "compare with what the ISP gives to the home; in an example or a lab this is right";
    return [{ key: `homes[${index}].prefix`, value: home.prefix, problem, cure }];
  });
