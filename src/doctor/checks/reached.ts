import type { Check } from "./check.ts";

/** Ends that could not be looked at from here. What crosses their tunnels is judged nevertheless. */
export const reached: Check = ({ plan, seen }) => {
  const isServed = seen.inbound?.tries.some(({ result }) => result === "connected") ?? false;
  const relay =
    typeof seen.relay !== "string"
      ? []
      : [
          {
            id: "relay-unreachable" as const,
            where: "relay",
            what: `the relay cannot be looked at: it ${seen.relay}`,
            cure: "mend that; while it is so, only what is seen from here can be judged",
            severity: isServed ? ("note" as const) : ("down" as const),
          },
        ];
  const homes = plan.homes.flatMap(({ name }) => {
    const view = seen.homes[name];
    if (typeof view !== "string") return [];
    return {
      id: "home-unreachable" as const,
      where: name,
      what: `the home's end cannot be looked at from here: it ${view}`,
      cure: "run doctor from the home's network, or see that you may log in there",
      severity: "note" as const,
      home: name,
    };
  });
  return [...relay, ...homes];
};
