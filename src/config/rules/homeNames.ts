import type { Fault } from "../../errors.ts";
import type { Rule } from "./rule.ts";

/** Each home has a name of its own, and none is called as the relay's end is: files and outputs go by it. */
export const homeNames: Rule = ({ homes }) =>
  homes.flatMap(({ name }, index): Fault[] => {
    if (name === undefined) return [];
    if (name === "relay") {
      const problem = "is what the relay's own end is called";
      return [{ key: `homes[${index}].name`, value: name, problem, cure: "give this home another name" }];
    }
    const first = homes.findIndex((home) => home.name === name);
    if (first === index) return [];
    const problem = `is the name of homes[${first}] already`;
    return [{ key: `homes[${index}].name`, value: name, problem, cure: "give this home another name" }];
  });
