import type { Fault } from "../../errors.ts";
import { isNetworkOrBroadcast, noUnicast, unroutable } from "../addresses.ts";
import type { Draft, DraftService } from "../draft.ts";
import { relayedTarget, target } from "../ports.ts";
import { givenLan } from "./lanPrefix.ts";
import type { Rule } from "./rule.ts";
import { homeOf, isEndless } from "./serviceHome.ts";

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

/** Where a process on the relay connects to, it goes over the internet. */
function relayedProblem(to: string): string | undefined {
  const found = relayedTarget(to);
  if (found === undefined) {
    return target(to) === undefined
      ? "is neither an IPv6 address nor a host name with a domain"
      : "is an IPv4 address, which the relay cannot reach without a tunnel";
  }
  const kind = found.server.includes(":") ? unroutable(found.server) : undefined;
  return kind && `is in the range of ${kind}: no packet of the relay can reach it`;
}

/** `to` is the unicast address of one server, with or without a port; without a tunnel, one on the internet. */
export const serviceTarget: Rule = (draft) =>
  draft.services.flatMap((service, index): Fault[] => {
    if (service.to === undefined) return [];
    const isRelayed = isEndless(homeOf(draft, service));
    const problem = isRelayed ? relayedProblem(service.to) : problemOf(draft, service, service.to);
    if (problem === undefined) return [];
    const cure = isRelayed
      ? "write the server's public IPv6 address or a name that has one, for example [2001:db8:2::210]:443 or server.haus.example"
      : "write the server's own IPv4 address in the home's LAN, for example 192.168.1.210";
    return [{ key: `services[${index}].to`, value: service.to, problem, cure }];
  });
