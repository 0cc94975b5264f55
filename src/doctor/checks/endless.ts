import type { AskedPort } from "../examination.ts";
import type { Finding } from "../finding.ts";
import { type Check, relayOf } from "./check.ts";

/** The servers of homes without an end: a client hears from the relay's own process, whether its server is there or not. */
export const endless: Check = (subject) => {
  const asked = relayOf(subject)?.asked.filter(({ answer }) => answer !== null) ?? [];
  const byHome = Map.groupBy(asked, ({ home }) => home);
  return [...byHome].flatMap(([home, ports]) => {
    const services = [...Map.groupBy(ports, ({ ports }) => ports).values()];
    // Of a range, not every port has somebody who listens.
    const silent = services.filter((tried) => tried.every(({ answer }) => answer !== "open"));
    const severity = silent.length === services.length ? "down" : "degraded";
    return silent.flatMap(([first]) => (first === undefined ? [] : [told(home, first, severity)]));
  });
};

function told(home: string, { ports, to, port, answer }: AskedPort, severity: Finding["severity"]): Finding {
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
