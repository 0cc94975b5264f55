import type { TunnelHomeSpec } from "../config/spec.ts";
import type { HomeFacts, RelayFacts } from "../facts/facts.ts";
import { isKnownByEndpoint, planTunnel, type Tunnel } from "../plan/index.ts";
import * as candidates from "../transports/candidates.ts";

/** One home's tunnel as `up` would make it, and beside it the one that is made for some seconds to probe it. */
export interface ProbedTunnel {
  /** As it would be in use. */
  planned: Tunnel;
  /** The same with a device and inner addresses of its own. */
  probed: Tunnel;
  /** Inner IPv6 addresses, on that device alone; absent where IPv6 need not cross. */
  inner6?: Tunnel["inner"];
  /** The home end, as far as the script differs by it. */
  home: { end: "openwrt" | "debian"; device: string };
  /** Bytes that the narrower of the two lines takes. */
  lineMtu: number;
}

/**
 * What a home's tunnel of one transport is probed with. Pure.
 *
 * @param home with that transport
 * @param index place of the home in the config, from 0
 */
export function probedTunnel(
  home: Exclude<TunnelHomeSpec, { end: "manual" }>,
  index: number,
  relay: RelayFacts,
  facts: HomeFacts,
): ProbedTunnel {
  const planned = planTunnel(home, index, [], { relay, homes: { [home.name]: facts } });
  // No name like wrap1: the rules of the tunnels in use match by that.
  const device = `probe4in6-${index + 1}`;
  const own = { device, inner: innerAddresses(index) };
  return {
    planned,
    probed: isKnownByEndpoint(planned)
      ? { ...planned, ...own, endpointName: device }
      : { ...planned, ...own },
    ...(planned.ipv6 === undefined ? {} : { inner6: { relay: "fe80::1", home: "fe80::2" } }),
    home: { end: home.end, device: facts.lan.device },
    lineMtu: planned.mtu + planned.overhead,
  };
}

/** The same on another UDP port, where the tunnel in use has the first. */
export function onOtherPort({ probed, ...rest }: ProbedTunnel): ProbedTunnel {
  return { ...rest, probed: { ...probed, outer: candidates.onOtherPort(probed.outer) } };
}

/** A /31 out of 169.254.48.0/23, beside those of the tunnels in use (169.254.46.0/23). */
function innerAddresses(index: number): Tunnel["inner"] {
  const address = (offset: number) => `169.254.${48 + Math.floor(offset / 256)}.${offset % 256}`;
  return { relay: address(2 * index), home: address(2 * index + 1) };
}
