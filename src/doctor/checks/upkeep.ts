import { endpointTunnel, keepaliveUnits } from "../../plan/index.ts";
import type { Finding } from "../finding.ts";
import { type Case, type Check, homesOf } from "./check.ts";

/**
 * What works now and will not for long: changes that nobody saved, a router in front that forgets the way, a home that
 * the relay does not listen to.
 */
export const upkeep: Check = (subject) => [...atHomes(subject), ...unheard(subject)];

function atHomes(subject: Case): Finding[] {
  return homesOf(subject).flatMap(({ home, view }) => {
    const found: Finding[] = [];
    if (view.staged.length > 0) {
      found.push({
        id: "staged-changes",
        where: home.name,
        what: `somebody has changes of ${view.staged.join(" and ")} that are not saved: pulumi up refuses to start while they are there`,
        cure: "there: uci changes; then save or revert them (uci commit, uci revert)",
        severity: "note",
        home: home.name,
      });
    }
    if (view.keepalive === false) {
      found.push({
        id: "keepalive-off",
        where: home.name,
        what:
          home.spare === undefined
            ? "relay4in6-keepalive does not run: the router in front forgets the tunnel after some quiet minutes, and lets nothing in then"
            : "relay4in6-failover does not run: nobody leads the answers over when a path fails, nor keeps the paths open",
        cure: `there: systemctl enable --now ${keepaliveUnits(home).join(" ")}; see the journal`,
        severity: "degraded",
        home: home.name,
      });
    }
    return found;
  });
}

function unheard({ plan, seen }: Case): Finding[] {
  if (typeof seen.relay === "string") return [];
  const { heard } = seen.relay;
  return plan.homes.flatMap((home): Finding[] => {
    const name = endpointTunnel(home)?.endpointName;
    if (home.follow?.tell === undefined || name === undefined || heard.includes(name)) return [];
    return [
      {
        id: "home-unheard",
        where: home.name,
        what: "the relay does not let its key in: after the next change of its prefix it could not say where it is",
        cure: "pulumi up --refresh lets it in again",
        severity: "degraded",
        home: home.name,
      },
    ];
  });
}
