import { inIpv4Prefix, ipv4, ipv6Prefix, noUnicast, unlikely, unroutable } from "../../config/addresses.ts";
import type { Fault } from "../../errors.ts";

/** A value and where it was written, so that a fault can name the place. */
export interface Given {
  /** `--relay-ipv4`, `--facts: relay.ipv4`, `homes[0].prefix` */
  key: string;
  value: string;
}

/** What is wrong with what was given, and what is likely not meant. */
export interface Complaints {
  faults: Fault[];
  warnings: Fault[];
}

/** Addresses that are no relay's on the internet of today, and may be in an example or a lab. */
const UNLIKELY: readonly [string, string][] = [
  ["10.0.0.0/8", "is a private address: nobody on the internet reaches it"],
  ["100.64.0.0/10", "is an address of CGNAT: nobody on the internet reaches it"],
  ["172.16.0.0/12", "is a private address: nobody on the internet reaches it"],
  ["192.168.0.0/16", "is a private address: nobody on the internet reaches it"],
  ["192.0.2.0/24", "is an address for documentation"],
  ["198.51.100.0/24", "is an address for documentation"],
  ["203.0.113.0/24", "is an address for documentation"],
  ["224.0.0.0/4", "is a multicast address"],
];

const compare = "compare with the machine's own; in an example or a lab this is right";

/**
 * The relay's public address in its normal form.
 *
 * @param complaints takes what is wrong with it
 * @returns undefined when it is wrong
 */
export function publicIpv4({ key, value }: Given, { faults, warnings }: Complaints): string | undefined {
  const cure = "write the relay's public IPv4 address in dotted decimal, for example 203.0.113.10";
  const address = ipv4(value);
  if (address === undefined) {
    faults.push({ key, value, problem: "is no IPv4 address", cure });
    return undefined;
  }
  const doubt = UNLIKELY.find(([range]) => inIpv4Prefix(address, range))?.[1];
  const kind = noUnicast(address);
  if (kind !== undefined && doubt === undefined) {
    faults.push({ key, value, problem: `is ${kind}`, cure });
    return undefined;
  }
  if (doubt !== undefined) warnings.push({ key, value, problem: doubt, cure: compare });
  return address;
}

/**
 * The prefix of an end in its normal form.
 *
 * @param whose `the relay`, or the home's name
 * @param complaints takes what is wrong with it
 * @returns undefined when it is wrong
 */
export function endPrefix({ key, value }: Given, whose: string, complaints: Complaints): string | undefined {
  const fault = (problem: string, cure: string) => {
    complaints.faults.push({ key, value, problem, cure });
    return undefined;
  };
  const example = `the IPv6 prefix of ${whose}, for example 2001:db8:2::/64`;
  const prefix = ipv6Prefix(value);
  if (typeof prefix !== "string") {
    const problem = prefix.problem.replace("is no home's", `is not that of ${whose}`);
    return fault(problem, `write ${prefix.network ?? example}`);
  }
  const kind = unroutable(prefix);
  if (kind !== undefined) {
    return fault(
      `is in the range of ${kind}: the other end cannot reach it`,
      `write ${example}: \`ip -6 addr show scope global\` shows its addresses`,
    );
  }
  const doubt = unlikely(prefix);
  if (doubt !== undefined) {
    complaints.warnings.push({ key, value, problem: doubt, cure: compare });
  }
  return prefix;
}
