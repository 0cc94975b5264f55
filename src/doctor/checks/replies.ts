import type { Finding } from "../finding.ts";
import { type Check, homesOf, remake } from "./check.ts";

/** At a home, what came by the tunnel is marked and answered by it; without, answers leave by the default route. */
export const replies: Check = (subject) =>
  homesOf(subject).flatMap(({ home, view }): Finding[] => {
    if (home.end === "manual") return [];
    const { device, marks, table } = home.tunnel;
    const at = {
      id: "reply-elsewhere" as const,
      where: home.name,
      severity: "down" as const,
      home: home.name,
    };
    if (!view.marksReplies && view.hooks === undefined) {
      const what = `what comes by ${device} is not marked, so its answers leave by the default route (DS-Lite), where the relay's clients do not expect them`;
      return [{ ...at, what, cure: `there: ${remake({ kind: home.end }, home.tunnel)}` }];
    }
    if (view.reply === device) return [];
    if (home.spare !== undefined && view.reply === home.spare.device) {
      return [
        {
          id: "path-left",
          where: home.name,
          what: `${device} (${home.tunnel.transport}) does not answer, or has not for long enough since: ${home.spare.device} (${home.spare.transport}) carries everything`,
          cure: `what else is told here says why; it is taken again when it has answered for 10 seconds, or for up to 320 where it fails again and again`,
          severity: "degraded",
          home: home.name,
        },
      ];
    }
    const hasRule = view.rules.some(({ priority }) => priority === home.priorities.replies);
    const hasRoute = view.routes.some(
      (each) => each.table === String(table) && each.dev === device && each.dst === "default",
    );
    // A rule or a route of ours that is gone has a finding of its own.
    if (!hasRule || !hasRoute) return [];
    return [
      {
        ...at,
        what: `answers to what came by ${device} leave by ${view.reply ?? "no device"}: a routing rule before ${home.priorities.replies} takes them`,
        cure: `there: ip rule; take away or narrow the rule that stands before ${home.priorities.replies} and takes packets with mark ${marks.into.match}`,
      },
    ];
  });
