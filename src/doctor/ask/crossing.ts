import type { Outer } from "../../transports/index.ts";
import type { Crossing, Leg } from "../examination.ts";
import { type Counter, type Counts, readCounts } from "./counter.ts";

/** Pings of one leg, as the script sends them. */
const sent = 5;

/**
 * Sends pings through a home's tunnel and counts them on both ends: as things stand, and once more after the home's
 * end was made to forget the tunnel's connection. Both have begun to count.
 *
 * A transport over UDP is opened from the home, whose firewall need let nothing in: there, nothing is tried cold.
 *
 * @param home counts at the home; absent where it could not be looked at
 */
export async function cross(relay: Counter, home: Counter | undefined, outer: Outer): Promise<Crossing> {
  const start = readCounts((await home?.("show"))?.[0]);
  const warm = await relay("show", "small", "show");
  const isTriedCold = home !== undefined && outer.protocol !== "udp";
  const between = await home?.("show", ...(isTriedCold ? (["cold"] as const) : []));
  const cold = isTriedCold ? await relay("show", "small", "show") : undefined;
  const end = isTriedCold ? await home("show", "warm") : undefined;
  const isAnswered = number(warm[1]) > 0;
  const [endpoint, largest] = await relay("endpoint", ...(isAnswered ? (["largest"] as const) : []));
  return {
    endpointAnswers: number(endpoint) > 0,
    warm: readLeg(warm, home && [start, readCounts(between?.[0])]),
    ...(cold === undefined ? {} : { cold: readLeg(cold, [readCounts(between?.[0]), readCounts(end?.[0])]) }),
    ...(number(largest) === 0 ? {} : { largest: number(largest) }),
  };
}

type Grown = readonly [before: Counts, after: Counts];

function readLeg([before, answered, after]: readonly string[], atHome: Grown | undefined): Leg {
  const grown = ([from, to]: Grown, name: string) => (to[name] ?? 0) - (from[name] ?? 0);
  const atRelay: Grown = [readCounts(before), readCounts(after)];
  const base = {
    sent,
    answered: number(answered),
    relayTunnelOut: grown(atRelay, "tunnel_tx"),
    relayOuterOut: grown(atRelay, "outer_out"),
    relayOuterIn: grown(atRelay, "outer_in"),
    relayTunnelIn: grown(atRelay, "tunnel_rx"),
  };
  if (atHome === undefined) return base;
  return {
    ...base,
    homeOuterIn: grown(atHome, "outer_in"),
    homeTunnelIn: grown(atHome, "tunnel_rx"),
    homeTunnelOut: grown(atHome, "tunnel_tx"),
    homeOuterOut: grown(atHome, "outer_out"),
  };
}

function number(text: string | undefined): number {
  return Number(text?.trim() || 0);
}
