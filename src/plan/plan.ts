import type { HomeSpec, Spec } from "../config/spec.ts";
import type { Facts } from "../facts/facts.ts";
import { planFollow } from "./follow.ts";
import { martians, privateNetworks } from "./martians.ts";
import { admissions, limits, portMaps, wholeAddress } from "./services.ts";
import { planTunnel } from "./tunnel.ts";
import type { HomePlan, Plan, Tunnel } from "./types.ts";

/** Priorities of the routing rules at home, before OpenWrt's own (10000 and up) and main (32766). */
const homePriorities = { lan: 4240, replies: 4241, egress: 4242 };

/**
 * Decides every address, device, MTU, MSS, mark, table and rule of a relay and its homes. Pure: the same Spec
 * and Facts give the same Plan, and nothing later decides anything again.
 */
export function plan(spec: Spec, facts: Facts): Plan {
  const tunnels = spec.homes.map((home, index) => planTunnel(home, index, spec.services, facts));
  const byHome = new Map(tunnels.map((tunnel) => [tunnel.home, tunnel]));
  const [first] = tunnels;
  if (first === undefined) throw new Error("a Spec has at least one home");
  const rest = wholeAddress(spec.services, byHome);
  return {
    relay: {
      publicIpv4: facts.relay.ipv4,
      endpoint: first.relayEndpoint,
      management: spec.relay.management,
      exclusive: spec.relay.provider === "hcloud",
      ...(spec.relay.provider === "hcloud" ? { upkeep: { rebootAt: spec.relay.rebootAt } } : {}),
      tunnels,
      privateNetworks,
      limits: limits(spec.services),
      tcp: portMaps("tcp", spec.services, byHome),
      udp: portMaps("udp", spec.services, byHome),
      ...(rest === undefined ? {} : { wholeAddress: rest }),
    },
    homes: spec.homes.map((home, index) => planHome(home, tunnels[index] as Tunnel, spec, facts)),
  };
}

function planHome(home: HomeSpec, tunnel: Tunnel, spec: Spec, facts: Facts): HomePlan {
  const known = facts.homes[home.name];
  if (known === undefined) throw new Error(`no facts of home ${home.name}`);
  const follow = planFollow(home, spec, facts);
  const base = {
    name: home.name,
    tunnel,
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
