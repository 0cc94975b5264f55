import { type Check, relayOf } from "./check.ts";

/** Share of the table at which new connections are about to be dropped. */
const full = 0.9;

/** A full connection table drops new connections and says so in the kernel's log only. */
export const conntrack: Check = (subject) => {
  const { count = 0, max = 0 } = relayOf(subject)?.conntrack ?? {};
  if (max === 0 || count < max * full) return [];
  return [
    {
      id: "conntrack-full",
      where: "relay",
      what: `the connection table holds ${count} of ${max}: new connections are dropped when it is full`,
      cure: "see who opens so many (conntrack -L | awk '{print $5}' | sort | uniq -c | sort -n | tail); a larger server has a larger table",
      severity: "degraded",
    },
  ];
};
