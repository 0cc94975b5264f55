import type { Fault } from "../../errors.ts";
import { isNetworkOrBroadcast, noUnicast } from "../addresses.ts";
import type { Draft, DraftService } from "../draft.ts";
import { target } from "../ports.ts";
import { givenLan } from "./lanPrefix.ts";
import type { Rule } from "./rule.ts";
import { homeOf } from "./serviceHome.ts";

function problemOf(draft: Draft, service: DraftService, to: string): string | undefined {
  const found = target(to);
  if (!found) {
    if (/^[0-9.]+:\d+$/.test(to) && target(to.split(":")[0] ?? "")) return "has a port outside 1 to 65535";
    return "is no IPv4 address";
  }
  const kind = noUnicast(found.address);
  if (kind) return `is ${kind}, not that of one server`;
  const lan = givenLan(homeOf(draft, service));
  return lan && isNetworkOrBroadcast(found.address, lan)
    ? `is the network or broadcast address of ${lan}, not that of one server`
    : undefined;
}

/** `to` is the unicast address of one server, with or without a port. */
export const serviceTarget: Rule = (draft) =>
  draft.services.flatMap((service, index): Fault[] => {
    const problem = service.to === undefined ? undefined : problemOf(draft, service, service.to);
    if (problem === undefined) return [];
    const cure = "write the server's own IPv4 address in the home's LAN, for example 192.168.1.210";
    return [{ key: `services[${index}].to`, value: service.to, problem, cure }];
  });
