import type { Facts, RelayFacts } from "../../facts/facts.ts";
import { type Complaints, endPrefix, type Given, publicIpv4 } from "./judge.ts";

/** What the options say of the relay. */
export interface RelayOptions {
  relayIpv4?: string;
  relayPrefix?: string;
}

/** MTU in bytes of a line that nobody was asked about: Ethernet's. */
export const assumedMtu = 1500;

/**
 * What is known of the relay: an option wins over the facts file.
 *
 * @param complaints takes every fault and warning
 * @returns undefined when there is a fault
 */
export function relayFacts(
  options: RelayOptions,
  told: Facts | undefined,
  complaints: Complaints,
): RelayFacts | undefined {
  const ipv4 = given("--relay-ipv4", options.relayIpv4, "--facts: relay.ipv4", told?.relay.ipv4);
  const prefix = given("--relay-prefix", options.relayPrefix, "--facts: relay.prefix", told?.relay.prefix);
  const missing = (key: string, what: string) => {
    const cure = `add ${key} with ${what}, or --facts FILE`;
    complaints.faults.push({ key, problem: "is missing", cure });
  };
  if (ipv4 === undefined) missing("--relay-ipv4", "the relay's public address (203.0.113.10)");
  if (prefix === undefined) missing("--relay-prefix", "the relay's IPv6 prefix (2001:db8:1::/64)");
  const rightIpv4 = ipv4 && publicIpv4(ipv4, complaints);
  const rightPrefix = prefix && endPrefix(prefix, "the relay", complaints);
  if (rightIpv4 === undefined || rightPrefix === undefined) return undefined;
  const { mtu = assumedMtu, hostKey } = told?.relay ?? {};
  return { ipv4: rightIpv4, prefix: rightPrefix, mtu, ...(hostKey === undefined ? {} : { hostKey }) };
}

/** What was written for an option, or else in the facts file, with the place. */
export function given(
  option: string,
  value: string | undefined,
  place: string,
  told: string | undefined,
): Given | undefined {
  if (value !== undefined) return { key: option, value };
  return told === undefined ? undefined : { key: place, value: told };
}
