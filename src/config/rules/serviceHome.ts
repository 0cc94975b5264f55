import type { Fault } from "../../errors.ts";
import { isProcess } from "../../transports/index.ts";
import type { Draft, DraftHome, DraftService } from "../draft.ts";
import { nearest } from "../nearest.ts";
import type { Rule } from "./rule.ts";

/** The home of a service: the one that it names, or the only one. */
export function homeOf({ homes }: Draft, service: DraftService): DraftHome | undefined {
  if (service.home !== undefined) return homes.find(({ name }) => name === service.home);
  return homes.length === 1 ? homes[0] : undefined;
}

/** Whether nothing stands at the home: as it says, or as its transport means. */
export function isEndless(home: DraftHome | undefined): boolean {
  return home?.end === "none" || (home?.end === undefined && isProcess(home?.transport));
}

/** Every service leads to one known home. */
export const serviceHome: Rule = ({ homes, homeNames, services, serviceKeys }) =>
  services.flatMap(({ home }, index): Fault[] => {
    const key = `services[${index}].home`;
    const names = homes.flatMap(({ name }) => name ?? []);
    const choice = names.length === 0 ? "write the home's name" : `write one of ${names.join(", ")}`;
    if (home === undefined) {
      const keys = serviceKeys[index];
      // What is no group of keys has its own fault.
      if (homes.length < 2 || !keys?.size || keys.has("home")) return [];
      return [{ key, problem: "is missing, and there are several homes", cure: choice }];
    }
    if (homeNames.has(home)) return [];
    const near = nearest(home, names);
    return [
      { key, value: home, problem: "is no home of this config", cure: near ? `write ${near}` : choice },
    ];
  });
