import type { Fault } from "../../errors.ts";
import {
  type CloudService,
  cloudFirewallKnows,
  cloudOuters,
  cloudRules,
  cloudServices,
  mostCloudRules,
} from "../../plan/cloudFirewall.ts";
import { type Transport, transports } from "../../transports/index.ts";
import type { Draft } from "../draft.ts";
import { managementOf } from "../management.ts";
import { draftOuters } from "../outer.ts";
import { protocolsOf, publicPorts, target } from "../ports.ts";
import type { Rule } from "./rule.ts";
import { homeOf, isEndless } from "./serviceHome.ts";

/** Whether the relay stands behind a firewall of the cloud's. */
function isGuarded({ relay }: Draft): boolean {
  return relay.provider !== "existing" && relay.firewall === true;
}

/** The cloud's firewall drops what it has no word for: a home's transport has to be one that it knows. */
export const firewallKnowsTransport: Rule = (draft) =>
  draft.homes.flatMap((home, index): Fault[] => {
    const outers = draftOuters(home, index);
    // Where one is to be chosen, it is one that gets through.
    const crosses =
      home.transport === "auto" ? outers.some(cloudFirewallKnows) : outers.every(cloudFirewallKnows);
    if (!isGuarded(draft) || crosses) return [];
    // A wrong transport has its own fault.
    if (home.transport === undefined && draft.homeKeys[index]?.has("transport")) return [];
    const able = (Object.values(transports) as Transport[])
      .filter((each) => "outer" in each && cloudFirewallKnows(each.outer({}, index)))
      .map(({ kind }) => kind);
    const other = home.end === "manual" ? "leave" : `write one that it knows (${able.join(", ")}), or leave`;
    return [
      {
        key: `homes[${index}].transport`,
        value: home.transport ?? "ipip6",
        problem:
          "is IPv4 in IPv6 (protocol 4), which a Hetzner Cloud Firewall (`relay.firewall: true`) drops",
        cure: `${other} \`relay.firewall\` out: the relay filters by itself`,
      },
    ];
  });

/** One firewall holds so many rules, and we make one. */
export const firewallHolds: Rule = (draft) => {
  if (!isGuarded(draft)) return [];
  const outers = draft.homes.flatMap((home, index) => (isEndless(home) ? [] : cloudOuters(home, index)));
  const services = draft.services.flatMap((service, index): CloudService[] => {
    const ports = publicPorts(service);
    const keys = draft.serviceKeys[index];
    const isBoth = homeOf(draft, service)?.ipv6 === true;
    // Faulty ports have their own fault.
    if (!ports) return keys?.has("port") || keys?.has("ports") ? [] : cloudServices({}, isBoth);
    const toPort = target(service.to ?? "")?.port;
    const protocols = protocolsOf(service.protocol);
    return cloudServices({ ports, protocols, ...(toPort === undefined ? {} : { toPort }) }, isBoth);
  });
  const { length } = cloudRules({
    management: managementOf(draft.relay),
    outers,
    services,
  });
  if (length <= mostCloudRules) return [];
  return [
    {
      key: "relay.firewall",
      value: true,
      problem: `needs ${length} rules for what is let in, and a Hetzner Cloud Firewall holds ${mostCloudRules}`,
      cure: "give services neighbouring public ports (they become one rule), or leave it out: the relay filters by itself",
    },
  ];
};

/** A warning: a whole address is more than the cloud's firewall has words for. */
export const firewallNarrowsWholeAddress: Rule = (draft) =>
  draft.services.flatMap((service, index): Fault[] => {
    const keys = draft.serviceKeys[index];
    if (!isGuarded(draft) || keys?.has("port") || keys?.has("ports")) return [];
    return [
      {
        key: `services[${index}]`,
        value: service,
        problem:
          "takes the whole address, of which a Hetzner Cloud Firewall lets TCP, UDP, ICMP, GRE and ESP through only",
        cure: "leave `relay.firewall` out if the server speaks anything else",
      },
    ];
  });
