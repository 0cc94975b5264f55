import type { Fault } from "../../errors.ts";
import type { Draft } from "../draft.ts";
import { managementOf } from "../management.ts";
import type { Rule } from "./rule.ts";

/** Places of the services that are the whole address. */
function wholeAddresses({ services, serviceKeys }: Draft): number[] {
  return services.flatMap((_, index) => {
    const keys = serviceKeys[index];
    // What is no service at all has its own fault.
    return !keys?.has("to") || keys.has("port") || keys.has("ports") ? [] : index;
  });
}

/** What no port claims can only go to one server. */
export const oneWholeAddress: Rule = (draft) => {
  const [first, ...others] = wholeAddresses(draft);
  return others.map(
    (index): Fault => ({
      key: `services[${index}]`,
      value: draft.services[index],
      problem: `is the whole address, as services[${first}] is already`,
      cure: "add `port` or `ports`, or leave one of the two out",
    }),
  );
};

/** On an own server the whole IPv4 address would take the way in that we came by. */
export const ownServerKeepsSsh: Rule = (draft) => {
  const [first] = wholeAddresses(draft);
  const { relay } = draft;
  if (relay.provider !== "existing" || first === undefined || managementOf(relay).over !== "ipv4") return [];
  const explicit = relay.management?.over !== undefined;
  return [
    {
      key: explicit ? "relay.management.over" : "relay.host",
      value: explicit ? relay.management?.over : relay.host,
      problem: `is SSH over IPv4 to an own server, while services[${first}] takes its whole IPv4 address`,
      cure: "write the server's IPv6 address as `host` with `management: {over: ipv6}`, or give the service `port` or `ports`",
    },
  ];
};

/** A warning: an own server may serve something itself, which then goes home. */
export const ownServerIsEmptied: Rule = (draft) => {
  const [first] = wholeAddresses(draft);
  if (draft.relay.provider !== "existing" || first === undefined) return [];
  return [
    {
      key: `services[${first}]`,
      value: draft.services[first],
      problem:
        "takes the whole IPv4 address of an own server: what that server itself serves over IPv4 is cut off",
      cure: "give the service `port` or `ports` if the server has a web server or containers of its own",
    },
  ];
};
