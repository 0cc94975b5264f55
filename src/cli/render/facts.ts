import { checkAgainstFacts, type HomeSpec, type Spec } from "../../config/index.ts";
import type { Fault } from "../../errors.ts";
import { assumeHome } from "../../facts/assume.ts";
import type { Facts, HomeFacts } from "../../facts/facts.ts";
import { homePrefixes } from "./homePrefixes.ts";
import { type Complaints, endPrefix, type Given, publicIpv4 } from "./judge.ts";

/** What the options of `render` say of the machines. */
export interface FactOptions {
  relayIpv4?: string;
  relayPrefix?: string;
  /** `PREFIX` or `NAME=PREFIX` */
  homePrefix: readonly string[];
}

/** Facts, and which of them nobody told. */
export interface Known {
  facts: Facts;
  /** One sentence each. */
  assumptions: string[];
}

/** MTU in bytes of a line that nobody was asked about: Ethernet's. */
const assumedMtu = 1500;

/**
 * What the plan needs to know of the machines. The config wins over an option, an option over the facts file,
 * and what none of them says is assumed and told.
 *
 * @param told content of the facts file, if there is one
 * @param complaints takes every fault and warning
 * @returns undefined when there is a fault
 */
export function knownFacts(
  spec: Spec,
  options: FactOptions,
  told: Facts | undefined,
  complaints: Complaints,
): Known | undefined {
  const { faults } = complaints;
  const ipv4 = given("--relay-ipv4", options.relayIpv4, "--facts: relay.ipv4", told?.relay.ipv4);
  const prefix = given("--relay-prefix", options.relayPrefix, "--facts: relay.prefix", told?.relay.prefix);
  if (ipv4 === undefined) faults.push(missing("--relay-ipv4", "the relay's public address", "203.0.113.10"));
  if (prefix === undefined)
    faults.push(missing("--relay-prefix", "the relay's IPv6 prefix", "2001:db8:1::/64"));
  const relayIpv4 = ipv4 && publicIpv4(ipv4, complaints);
  const relayPrefix = prefix && endPrefix(prefix, "the relay", complaints);

  const optional = homePrefixes(options.homePrefix, spec.homes, faults);
  const keys = new Map<string, string>();
  const homes: Record<string, HomeFacts> = {};
  for (const [index, home] of spec.homes.entries()) {
    const found = prefixOf(home, index, optional.get(home.name), told, faults);
    if (found === undefined) continue;
    keys.set(`homes[${index}].prefix`, found.key);
    // The config's own rules have judged a prefix that stands there.
    const right = home.prefix === "auto" ? endPrefix(found, home.name, complaints) : found.value;
    if (right !== undefined) homes[home.name] = factsOfHome(home, spec, right, told?.homes[home.name]);
  }
  if (relayIpv4 === undefined || relayPrefix === undefined || faults.length > 0) return undefined;

  const facts = {
    relay: { ipv4: relayIpv4, prefix: relayPrefix, mtu: told?.relay.mtu ?? assumedMtu },
    homes,
  };
  // The relay is judged above already, more mildly: examples use addresses that no relay has.
  const contradictions = checkAgainstFacts(spec, facts).filter(({ key }) => key !== "relay");
  faults.push(...contradictions.map((fault) => ({ ...fault, key: keys.get(fault.key) ?? fault.key })));
  return faults.length > 0 ? undefined : { facts, assumptions: assumptions(spec, facts, told) };
}

function given(option: string, value: string | undefined, place: string, told: string | undefined) {
  if (value !== undefined) return { key: option, value };
  return told === undefined ? undefined : { key: place, value: told };
}

function missing(key: string, what: string, example: string): Fault {
  return { key, problem: "is missing", cure: `add ${key} with ${what} (${example}), or --facts FILE` };
}

function prefixOf(
  home: HomeSpec,
  index: number,
  option: string | undefined,
  told: Facts | undefined,
  faults: Fault[],
): Given | undefined {
  const key = `homes[${index}].prefix`;
  if (home.prefix !== "auto") {
    if (option !== undefined && option !== home.prefix) {
      const problem = `contradicts the config, which says ${home.prefix} for ${home.name}`;
      faults.push({ key: "--home-prefix", value: option, problem, cure: `leave it out, or correct ${key}` });
    }
    return { key, value: home.prefix };
  }
  const place = `--facts: homes.${home.name}.prefix`;
  const found = given("--home-prefix", option, place, told?.homes[home.name]?.prefix);
  if (found === undefined) {
    const problem = `is missing for ${home.name}: its prefix is auto, and no machine is asked here`;
    const cure = `add --home-prefix ${home.name}=PREFIX with the home's IPv6 prefix, or --facts FILE`;
    faults.push({ key: "--home-prefix", problem, cure });
  }
  return found;
}

/** A LAN that the config names is taken from there, as `up` does. */
function factsOfHome(home: HomeSpec, spec: Spec, prefix: string, told: HomeFacts | undefined): HomeFacts {
  if (told === undefined) return assumeHome(home, prefix, home.end === "debian" ? targets(home, spec) : []);
  if (home.lan === "auto") return { ...told, prefix };
  const { device, prefix: lan } = home.lan;
  const prefixes = home.end === "debian" ? told.lan.prefixes : [lan];
  return { ...told, prefix, lan: { ...told.lan, device, prefixes } };
}

/** The servers of a home's services. */
function targets({ name }: HomeSpec, { services }: Spec): string[] {
  return [...new Set(services.filter(({ home }) => home === name).map(({ to }) => to))];
}

function assumptions(spec: Spec, { homes }: Facts, told: Facts | undefined): string[] {
  return [
    ...(told === undefined ? [`relay: its line has an MTU of ${assumedMtu} bytes`] : []),
    ...spec.homes.flatMap(({ name, end, lan }) => {
      const known = homes[name];
      if (known === undefined || told?.homes[name] !== undefined) return [];
      const device = lan === "auto" ? [`${name}: the LAN's device is ${known.lan.device}`] : [];
      const zone = `${name}: the LAN's firewall zone is ${known.lan.zone}, the interfaces whose events matter are ${known.interfaces.join(" and ")}`;
      const own = `${name}: the machine itself has ${known.addresses.join(", ")}`;
      return [
        `${name}: its line has an MTU of ${assumedMtu} bytes (PPPoE: 1492)`,
        ...device,
        ...(end === "openwrt" ? [zone] : []),
        ...(end === "debian" ? [own] : []),
      ];
    }),
  ];
}
