import { hasEnd } from "../config/homes.ts";
import type { Spec, TunnelHomeSpec } from "../config/spec.ts";
import type { Facts } from "../facts/facts.ts";
import { deriveEndpoint } from "./endpoint.ts";
import { planFollow } from "./follow.ts";
import { tunnelsOf } from "./homes.ts";
import { martians, privateNetworks } from "./martians.ts";
import { planProcesses } from "./processes.ts";
import { admissions, limits, portMaps, wholeAddress } from "./services.ts";
import { planTunnels } from "./tunnel.ts";
import type { HomePlan, Plan, Tunnel } from "./types.ts";

/** Priorities of the routing rules at home, before OpenWrt's own (10000 and up) and main (32766). */
const homePriorities = { lan: 4240, replies: 4241, egress: 4242 };

/**
 * Decides every address, device, MTU, MSS, mark, table and rule of a relay and its homes. Pure: the same Spec
 * and Facts give the same Plan, and nothing later decides anything again.
 */
export function plan(spec: Spec, facts: Facts): Plan {
  // Tunnels are numbered by their homes' places in the config, whatever stands between them.
  const ended = spec.homes.flatMap((home, index) =>
    hasEnd(home) ? [{ home, tunnels: planTunnels(home, index, spec.services, facts) }] : [],
  );
  const byHome = new Map(ended.map(({ home, tunnels: [first] }) => [home.name, first]));
  const rest = wholeAddress(spec.services, byHome);
  const homes = ended.map(({ home, tunnels }) => planHome(home, tunnels, spec, facts));
  return {
    relay: {
      publicIpv4: facts.relay.ipv4,
      endpoint: deriveEndpoint(facts.relay.prefix, facts.relay.ipv4),
      management: spec.relay.management,
      exclusive: spec.relay.provider === "hcloud",
      ...(spec.relay.provider === "hcloud" ? { upkeep: { rebootAt: spec.relay.rebootAt } } : {}),
      tunnels: homes.flatMap(tunnelsOf),
      privateNetworks,
      limits: limits(spec),
      tcp: portMaps("tcp", spec, byHome),
      udp: portMaps("udp", spec, byHome),
      processes: planProcesses(spec),
      ...(rest === undefined ? {} : { wholeAddress: rest }),
    },
    homes,
  };
}

function planHome(
  home: TunnelHomeSpec,
  [tunnel, spare]: [Tunnel, Tunnel?],
  spec: Spec,
  facts: Facts,
): HomePlan {
  const known = facts.homes[home.name];
  if (known === undefined) throw new Error(`no facts of home ${home.name}`);
  const follow = planFollow(home, spec, facts);
  const base = {
    name: home.name,
    tunnel,
    ...(spare === undefined ? {} : { spare }),
    admitted: admissions(home.name, spec.services),
    martians: martians(known.lan.prefixes),
    priorities: homePriorities,
    ...(follow === undefined ? {} : { follow }),
  };
  switch (home.end) {
    case "openwrt":
      return {
        ...base,
        end: "openwrt",
        lan: { device: known.lan.device, zone: known.lan.zone, interface: known.interfaces[0] ?? "lan" },
        interfaces: known.interfaces,
      };
    case "debian":
      return { ...base, end: "debian" };
    case "manual":
      return { ...base, end: "manual" };
  }
}
