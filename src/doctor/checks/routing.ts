import type { HomePlan, Tunnel } from "../../plan/index.ts";
import type { EndView, RoutingRule } from "../examination.ts";
import type { Finding } from "../finding.ts";
import { type Check, homesOf, relayOf, remake } from "./check.ts";

/** A rule that has to be there: how it is told from others, and how it is added. */
interface Wanted {
  is(rule: RoutingRule): boolean;
  /** In iproute2's words, behind `ip rule add`. */
  text: string;
}

/** Rules and routes that lead into the tunnel, on both ends. */
export const routing: Check = (subject) => {
  const relay = relayOf(subject);
  const atRelay =
    relay === undefined
      ? []
      : subject.plan.relay.tunnels.flatMap((tunnel) =>
          judge("relay", tunnel, relay, relayRules(tunnel), remake({ kind: "relay" }, tunnel)),
        );
  const atHomes = homesOf(subject).flatMap(({ home, view }) =>
    home.end === "manual"
      ? []
      : judge(home.name, home.tunnel, view, homeRules(home), remake({ kind: home.end }, home.tunnel)),
  );
  return [...atRelay, ...atHomes];
};

function relayRules({ priorities, marks, table }: Tunnel): Wanted[] {
  return [
    marked(priorities.into, marks.into.match, table),
    marked(priorities.outOf, marks.outOf.match, table),
  ];
}

function homeRules({ tunnel, priorities }: HomePlan): Wanted[] {
  return [
    {
      is: ({ priority, suppressPrefixlength }) => priority === priorities.lan && suppressPrefixlength === 0,
      text: `priority ${priorities.lan} lookup main suppress_prefixlength 0`,
    },
    marked(priorities.replies, tunnel.marks.into.match, tunnel.table),
    ...tunnel.egressServers.map((server) => ({
      is: ({ priority, src, table }: RoutingRule) =>
        priority === priorities.egress && src === server && table === String(tunnel.table),
      text: `priority ${priorities.egress} from ${server} lookup ${tunnel.table}`,
    })),
  ];
}

function marked(priority: number, mark: string, table: number): Wanted {
  const numbers = (text: string) => text.split("/").map(Number).join("/");
  return {
    is: (rule) =>
      rule.priority === priority &&
      rule.table === String(table) &&
      rule.fwmark !== undefined &&
      numbers(rule.fwmark) === numbers(mark),
    text: `priority ${priority} fwmark ${mark} lookup ${table}`,
  };
}

function judge(
  where: string,
  { home, device, table }: Tunnel,
  view: EndView,
  wanted: readonly Wanted[],
  remaking: string,
): Finding[] {
  const at = { where, home, severity: "down" as const };
  const lost = wanted.filter(({ is }) => !view.rules.some(is)).map(({ text }) => text);
  const rules: Finding[] =
    lost.length === 0
      ? []
      : [
          {
            id: "rule-lost",
            ...at,
            what: `a routing rule is gone (${lost.join("; ")}): what belongs into ${device} takes another way`,
            cure: `there: ${lost.map((text) => `ip rule add ${text}`).join("; ")}; then see what removed it`,
          },
        ];
  // Without the device there is no route by it, and that is not what is to be mended.
  if (!view.devices.some(({ name, isUp }) => name === device && isUp)) return rules;
  const isRouted = view.routes.some(
    (each) => each.table === String(table) && each.dst === "default" && each.dev === device,
  );
  if (isRouted) return rules;
  const what = `routing table ${table} has no default route by ${device}`;
  return [...rules, { id: "route-lost", ...at, what, cure: `there: ${remaking}` }];
}
