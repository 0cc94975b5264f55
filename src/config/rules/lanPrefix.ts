import type { Fault } from "../../errors.ts";
import { ipv4, ipv4Prefix, noUnicast } from "../addresses.ts";
import type { DraftHome } from "../draft.ts";
import type { Ipv4Prefix } from "../spec.ts";
import type { Rule } from "./rule.ts";

/** The LAN prefix that a home gives, when it is right. */
export function givenLan(home: DraftHome | undefined): Ipv4Prefix | undefined {
  const lan = home?.lan;
  const prefix = typeof lan === "object" ? ipv4Prefix(lan.prefix ?? "") : undefined;
  return typeof prefix === "string" && !kindOf(prefix) ? prefix : undefined;
}

/** What kind of non-unicast network it is, or undefined for a unicast one. */
function kindOf(prefix: Ipv4Prefix): string | undefined {
  const network = ipv4(prefix.split("/")[0] ?? "");
  return network && noUnicast(network);
}

/** `lan.prefix` is a network of unicast addresses. */
export const lanPrefix: Rule = ({ homes }) =>
  homes.flatMap(({ lan }, index): Fault[] => {
    if (typeof lan !== "object" || lan.prefix === undefined) return [];
    const key = `homes[${index}].lan.prefix`;
    const prefix = ipv4Prefix(lan.prefix);
    if (typeof prefix !== "string") {
      const cure = `write ${prefix.network ?? "the LAN's IPv4 prefix, for example 192.168.1.0/24"}`;
      return [{ key, value: lan.prefix, problem: prefix.problem, cure }];
    }
    const kind = kindOf(prefix);
    if (!kind) return [];
    const cure = "write the LAN's IPv4 prefix, for example 192.168.1.0/24";
    return [{ key, value: lan.prefix, problem: `begins with ${kind}`, cure }];
  });
