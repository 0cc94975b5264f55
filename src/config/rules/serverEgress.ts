import type { Fault } from "../../errors.ts";
import { target } from "../ports.ts";
import type { Rule } from "./rule.ts";

/** Routing is by server: two services of one server cannot want different ways out. */
export const serverEgress: Rule = ({ homes, services }) => {
  const first = new Map<string, number>();
  return services.flatMap(({ egress, home, to }, index): Fault[] => {
    const address = target(to ?? "")?.address;
    if (!egress || !address) return [];
    const server = `${home ?? homes[0]?.name} ${address}`;
    const other = first.get(server) ?? index;
    first.set(server, other);
    if (services[other]?.egress === egress) return [];
    const problem = `contradicts services[${other}], which leads to the same server`;
    return [
      {
        key: `services[${index}].egress`,
        value: egress,
        problem,
        cure: "write the same in both, or only in one",
      },
    ];
  });
};
