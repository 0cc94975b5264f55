import type { Spec } from "../../config/index.ts";
import { type HomePlan, type Plan, type Tunnel, tunnelsOf } from "../../plan/index.ts";
import type { EndView, Examinations, HomeView, RelayView } from "../examination.ts";
import type { Finding } from "../finding.ts";

/** What a check judges. */
export interface Case {
  spec: Spec;
  plan: Plan;
  seen: Examinations;
  /** What was found before. */
  found: readonly Finding[];
}

/** Looks for one kind of fault, and says each place where it is. */
export type Check = (subject: Case) => Finding[];

/** An end with all of its tunnels, as a check of both ends wants it. */
export interface End {
  /** `relay`, or the home's name. */
  name: string;
  /** Absent for the relay: what is wrong there may concern every home. */
  home?: string;
  kind: "relay" | "openwrt" | "debian";
  view: EndView;
  tunnels: readonly Tunnel[];
}

/** The relay as it was seen; none where it was not. */
export function relayOf({ seen }: Case): RelayView | undefined {
  return typeof seen.relay === "string" ? undefined : seen.relay;
}

/** The homes that were seen. */
export function homesOf({ plan, seen }: Case): { home: HomePlan; view: HomeView }[] {
  return plan.homes.flatMap((home) => {
    const view = seen.homes[home.name];
    return view === undefined || typeof view === "string" ? [] : [{ home, view }];
  });
}

/** Every end that was seen, the relay first. */
export function endsOf(subject: Case): End[] {
  const relay = relayOf(subject);
  const first: End[] =
    relay === undefined
      ? []
      : [{ name: "relay", kind: "relay", view: relay, tunnels: subject.plan.relay.tunnels }];
  return [
    ...first,
    ...homesOf(subject).flatMap(({ home, view }): End[] =>
      home.end === "manual"
        ? []
        : [{ name: home.name, home: home.name, kind: home.end, view, tunnels: tunnelsOf(home) }],
    ),
  ];
}

/** Whether pings cross to a home and back; also where its firewall has not been asked cold. */
export function crosses({ seen }: Case, home: string): boolean {
  return (seen.crossings[home]?.warm.answered ?? 0) > 0;
}

/** The command that makes an end's tunnel, routes and rules anew. */
export function remake({ kind }: Pick<End, "kind">, { device }: Tunnel): string {
  return kind === "openwrt" ? "/etc/init.d/relay4in6 reload" : `ifdown --force ${device}; ifup ${device}`;
}
