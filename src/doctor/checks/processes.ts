import { type Check, relayOf } from "./check.ts";

/** The processes that take the ports of homes without an end, and what watches homes with two paths. */
export const processes: Check = (subject) =>
  (relayOf(subject)?.stopped ?? []).map((unit) => ({
    id: "process-stopped" as const,
    where: "relay",
    what: `${unit} does not run: nobody ${unit === "relay4in6-failover.service" ? "leads the traffic over when a path fails" : "takes the ports that it leads on"}`,
    cure: `there: journalctl -u ${unit} names the reason (a port that another program has, a file that somebody edited); then: systemctl restart ${unit}`,
    severity: "degraded" as const,
  }));
