import type { ProbeStatus } from "../../facts/probed.ts";
import type { Finding } from "../finding.ts";
import { type Check, relayOf } from "./check.ts";

/** The servers of homes without an end: a client hears from the relay's own process, whether its server is there or not. */
export const endless: Check = (subject) =>
  (relayOf(subject)?.endless ?? []).flatMap(({ home, ports }) => {
    const tried = ports.filter(({ answer }) => answer !== null);
    const services = [...Map.groupBy(tried, ({ ports }) => ports).values()];
    // Of a range, not every port has somebody who listens.
    const silent = services.filter((own) => own.every(({ answer }) => answer !== "open"));
    const severity = silent.length === services.length ? "down" : "degraded";
    return silent.flatMap(([first]) => (first === undefined ? [] : [told(home, first, severity)]));
  });

type Tried = ProbeStatus["endless"][number]["ports"][number];

function told(home: string, { ports, to, port, answer }: Tried, severity: Finding["severity"]): Finding {
  const refused = answer === "refused";
  return {
    id: "service-silent",
    where: home,
    what: refused
      ? `port ${ports}: ${to} refuses connections to its port ${port}`
      : `port ${ports}: ${to} does not answer the relay on port ${port}`,
    cure: refused
      ? `see that the program runs on ${to} and listens on [::], not on [::1] or IPv4 alone`
      : `see that ${to} is on and this is its address now, and that its own firewall and the router's let TCP port ${port} in over IPv6`,
    severity,
    home,
  };
}
