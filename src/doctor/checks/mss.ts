import { type Check, relayOf } from "./check.ts";

/** The TCP segment size that the relay sets in both directions: both ends of a connection learn it from there. */
export const mss: Check = (subject) => {
  const relay = relayOf(subject);
  if (relay === undefined) return [];
  return subject.plan.relay.tunnels.flatMap((tunnel) => {
    const { device, home } = tunnel;
    const set = relay.mss[device];
    if (set?.in === tunnel.mss && set.out === tunnel.mss) return [];
    return {
      id: "mss" as const,
      where: "relay",
      what: `the TCP segment size on ${device} is set to ${set?.out ?? "nothing"} towards ${home} and ${set?.in ?? "nothing"} back, and should be ${tunnel.mss}: larger segments do not cross`,
      cure: "there: /etc/relay4in6/rules up",
      severity: "degraded" as const,
      home,
    };
  });
};
