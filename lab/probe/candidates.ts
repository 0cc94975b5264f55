import { endedHomes, parseSpec } from "../../src/config/index.ts";
import { assumeHome } from "../../src/facts/index.ts";
import type { Candidate } from "../../src/probe/probeAll.ts";
import { probedTunnel } from "../../src/probe/probedTunnel.ts";
import { candidates } from "../../src/transports/candidates.ts";
import { CONFIG, LINE_MTU, RELAY } from "../packets/network.ts";

/**
 * Every candidate of one of the packet tests' homes, with the very addresses that it has there.
 *
 * @param ipv6 whether IPv6 shall cross as well
 */
export function candidatesOf(name: "haus" | "zwei", ipv6 = false): Candidate[] {
  return candidates.map((choice): Candidate => {
    const { transport, over } = choice;
    const homes = CONFIG.homes.map((home) => {
      const wireguard = over === undefined ? {} : { wireguard: { over } };
      return home.name === name ? { ...home, transport, ...wireguard, ...(ipv6 ? { ipv6 } : {}) } : home;
    });
    const { spec } = parseSpec({ ...CONFIG, homes });
    const index = endedHomes(spec).findIndex((home) => home.name === name);
    const home = endedHomes(spec)[index];
    if (home === undefined || home.end === "manual") throw new Error(`${name} has no end`);
    const written = CONFIG.homes[index];
    const facts = assumeHome(home, written !== undefined && "prefix" in written ? written.prefix : undefined);
    const mtu = LINE_MTU[name] ?? facts.mtu;
    return { ...choice, tunnel: probedTunnel(home, index, RELAY, { ...facts, mtu }) };
  });
}
