import { type Choice, choiceName } from "../transports/candidates.ts";

/** What came of one transport. */
export interface Outcome extends Choice {
  /** Whether small packets and packets of full size cross in both directions. */
  works: boolean;
  /** In a sentence without its full stop: what was seen, or why it was not tried. */
  says: string;
  /** Whether an end lacks nothing but packages that can be installed. */
  lacks?: boolean;
  /** Whether it is the home's transport now, and its own tunnel was asked. */
  inUse?: boolean;
}

/** Lines of a table for people: a transport each. */
export function outcomeLines(outcomes: readonly Outcome[]): string[] {
  const width = Math.max(...outcomes.map((each) => choiceName(each).length));
  return outcomes.map(
    (each) => `${choiceName(each).padEnd(width)}  ${each.works ? "works" : "no   "}  ${each.says}`,
  );
}

/** What to do where nothing works, by what most likely stands in the way. */
export function likelyCure(outcomes: readonly Outcome[]): string {
  const lacking = outcomes.find(({ lacks }) => lacks);
  if (lacking !== undefined) return `install what an end lacks (${lacking.says}), then run again`;
  if (outcomes.some(({ says }) => says.includes("full size")))
    return "small packets pass and large ones vanish: set the line's real MTU where the home dials in (PPPoE: 1492), or see who drops ICMPv6 Packet Too Big";
  const endless = "without a tunnel: `end: none` with `transport: proxy` or `socat`";
  return `something between home and relay drops all of it: in the router in front of the home end, and in any firewall in front of the relay, let IPv6 next header 4 or 47 pass, or UDP; ${endless}`;
}
