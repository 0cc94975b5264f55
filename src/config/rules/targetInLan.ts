import type { Fault } from "../../errors.ts";
import { inIpv4Prefix, noUnicast } from "../addresses.ts";
import { target } from "../ports.ts";
import { givenLan } from "./lanPrefix.ts";
import type { Rule } from "./rule.ts";
import { homeOf } from "./serviceHome.ts";

/** `to` is in the LAN of its home, where the config gives that LAN. */
export const targetInLan: Rule = (draft) =>
  draft.services.flatMap((service, index): Fault[] => {
    const lan = givenLan(homeOf(draft, service));
    const address = target(service.to ?? "")?.address;
    if (!lan || !address || noUnicast(address) || inIpv4Prefix(address, lan)) return [];
    return [
      {
        key: `services[${index}].to`,
        value: service.to,
        problem: `is not in the home's LAN, ${lan}`,
        cure: `write an address in ${lan}, or mend the home's \`lan.prefix\``,
      },
    ];
  });
