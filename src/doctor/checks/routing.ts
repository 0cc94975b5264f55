import type { HomePlan, Tunnel } from "../../plan/index.ts";
import type { EndView, Route, RoutingRule } from "../examination.ts";
import type { Finding } from "../finding.ts";
import { type Check, homesOf, relayOf, remake } from "./check.ts";

/** A rule that has to be there: how it is told from others, and how it is added. */
interface Wanted {
  is(rule: RoutingRule): boolean;
  /** In iproute2's words, behind `ip rule add`. */
  text: string;
}

/** What an end has of IPv4 or of IPv6, and how that is told to iproute2. */
interface Family {
  ip: "ip" | "ip -6";
  rules: readonly RoutingRule[];
  routes: readonly Route[];
}

const ipv4 = ({ rules, routes }: EndView): Family => ({ ip: "ip", rules, routes });
const ipv6 = ({ rules6: rules, routes6: routes }: EndView): Family => ({ ip: "ip -6", rules, routes });

/** Rules and routes that lead into the tunnel, on both ends. */
export const routing: Check = (subject) => {
  const relay = relayOf(subject);
  const atRelay =
    relay === undefined
      ? []
      : subject.plan.relay.tunnels.flatMap((tunnel) => {
          const at = { where: "relay", tunnel, view: relay, remaking: remake({ kind: "relay" }, tunnel) };
          return [...judge(at, ipv4(relay), relayRules(tunnel)), ...judge6(at, relayRules6(tunnel))];
        });
  const atHomes = homesOf(subject).flatMap(({ home, view }) => {
    const { end, name: where, tunnel } = home;
    if (end === "manual") return [];
    const at = { where, tunnel, view, remaking: remake({ kind: end }, tunnel) };
    return [...judge(at, ipv4(view), homeRules(home)), ...judge6(at, homeRules6(home))];
  });
  return [...atRelay, ...atHomes];
};

function relayRules({ priorities, marks, table }: Tunnel): Wanted[] {
  return [
    marked(priorities.into, marks.into.match, table),
    marked(priorities.outOf, marks.outOf.match, table),
  ];
}

function relayRules6({ ipv6, priorities: { into }, table }: Tunnel): Wanted[] {
  if (ipv6 === undefined) return [];
  const { network } = ipv6;
  return [
    {
      is: (rule) => rule.priority === into && rule.dst === network && rule.table === String(table),
      text: `priority ${into} to ${network} lookup ${table}`,
    },
  ];
}

function homeRules({ tunnel, priorities }: HomePlan): Wanted[] {
  return [
    {
      is: ({ priority, suppressPrefixlength }) => priority === priorities.lan && suppressPrefixlength === 0,
      text: `priority ${priorities.lan} lookup main suppress_prefixlength 0`,
    },
    marked(priorities.replies, tunnel.marks.into.match, tunnel.table),
    ...tunnel.egressServers.map((server) => from(server, priorities.egress, tunnel.table)),
  ];
}

function homeRules6({ tunnel: { ipv6, table }, priorities }: HomePlan): Wanted[] {
  return (ipv6?.servers ?? []).map(({ address }) => from(address, priorities.egress, table));
}

function from(server: string, priority: number, table: number): Wanted {
  return {
    is: (rule) => rule.priority === priority && rule.src === server && rule.table === String(table),
    text: `priority ${priority} from ${server} lookup ${table}`,
  };
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

/** A tunnel's end, and how its device is made anew there. */
interface TunnelEnd {
  where: string;
  tunnel: Tunnel;
  view: EndView;
  remaking: string;
}

function judge6(end: TunnelEnd, wanted: readonly Wanted[]): Finding[] {
  return end.tunnel.ipv6 === undefined ? [] : judge(end, ipv6(end.view), wanted);
}

function judge(
  { where, tunnel: { home, device, table }, view, remaking }: TunnelEnd,
  { ip, rules, routes }: Family,
  wanted: readonly Wanted[],
): Finding[] {
  const at = { where, home, severity: "down" as const };
  const lost = wanted.filter(({ is }) => !rules.some(is)).map(({ text }) => text);
  const lostRules: Finding[] =
    lost.length === 0
      ? []
      : [
          {
            id: "rule-lost",
            ...at,
            what: `a routing rule is gone (${lost.join("; ")}): what belongs into ${device} takes another way`,
            cure: `there: ${lost.map((text) => `${ip} rule add ${text}`).join("; ")}; then see what removed it`,
          },
        ];
  // Without the device there is no route by it, and that is not what is to be mended.
  if (!view.devices.some(({ name, isUp }) => name === device && isUp)) return lostRules;
  const isRouted = routes.some(
    (each) => each.table === String(table) && each.dst === "default" && each.dev === device,
  );
  if (isRouted) return lostRules;
  const what = `routing table ${table} has no default route ${ip === "ip" ? "" : "of IPv6 "}by ${device}`;
  return [...lostRules, { id: "route-lost", ...at, what, cure: `there: ${remaking}` }];
}
