import {
  atEndpoint,
  checkAgainstFacts,
  endedHomes,
  type HomeAtEndpoint,
  hasEnd,
  type Spec,
  type TunnelHomeSpec,
} from "../../config/index.ts";
import type { Fault } from "../../errors.ts";
import { assumeHome } from "../../facts/assume.ts";
import type { Facts, HomeFacts, RelayFacts } from "../../facts/facts.ts";
import { homePrefixes } from "./homePrefixes.ts";
import { type Complaints, endPrefix, type Given } from "./judge.ts";
import { assumedMtu, given } from "./relayFacts.ts";

/** Facts, and which of them nobody told. */
export interface Known {
  facts: Facts;
  /** One sentence each. */
  assumptions: string[];
}

/**
 * What the plan needs to know of the machines. The config wins over an option, an option over the facts file,
 * and what none of them says is assumed and told.
 *
 * @param relay undefined when it has a fault; the homes are judged all the same
 * @param prefixes of the homes, `PREFIX` or `NAME=PREFIX`
 * @param told content of the facts file, if there is one
 * @param complaints takes every fault and warning
 * @returns undefined when there is a fault
 */
export function knownFacts(
  spec: Spec,
  relay: RelayFacts | undefined,
  prefixes: readonly string[],
  told: Facts | undefined,
  complaints: Complaints,
): Known | undefined {
  const { faults } = complaints;
  const before = faults.length;
  const ended = spec.homes.flatMap((home, index) => (hasEnd(home) ? [{ home, index }] : []));
  const optional = homePrefixes(
    prefixes,
    ended.map(({ home }) => home),
    faults,
  );
  // A prefix under a wrong name is told once, not also as missing.
  const isMisnamed = faults.length > before;
  const keys = new Map<string, string>();
  const homes: Record<string, HomeFacts> = {};
  for (const { home, index } of ended) {
    const toldHome = homeOf(told, home);
    const found = atEndpoint(home);
    if (found === undefined) {
      homes[home.name] = factsOfHome(home, spec, undefined, toldHome);
      continue;
    }
    const prefix = prefixOf(found, index, optional.get(home.name), toldHome, faults);
    if (prefix === undefined) {
      if (!isMisnamed) faults.push(missingPrefix(home));
      continue;
    }
    keys.set(`homes[${index}].prefix`, prefix.key);
    // The config's own rules have judged a prefix that stands there.
    const right = found.prefix === "auto" ? endPrefix(prefix, home.name, complaints) : prefix.value;
    if (right !== undefined) homes[home.name] = factsOfHome(home, spec, right, toldHome);
  }
  if (relay === undefined || faults.length > 0) return undefined;

  // The relay is judged already, more mildly: examples use addresses that no relay has.
  const contradictions = checkAgainstFacts(spec, { relay, homes }).filter(({ key }) => key !== "relay");
  faults.push(...contradictions.map((fault) => ({ ...fault, key: keys.get(fault.key) ?? fault.key })));
  if (faults.length > 0) return undefined;
  return { facts: { relay, homes }, assumptions: assumptions(spec, homes, told) };
}

/** A home may be called `constructor`. */
function homeOf(told: Facts | undefined, { name }: TunnelHomeSpec): HomeFacts | undefined {
  return told !== undefined && Object.hasOwn(told.homes, name) ? told.homes[name] : undefined;
}

function prefixOf(
  home: HomeAtEndpoint,
  index: number,
  option: string | undefined,
  told: HomeFacts | undefined,
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
  return given("--home-prefix", option, `--facts: homes.${home.name}.prefix`, told?.prefix);
}

function missingPrefix({ name }: TunnelHomeSpec): Fault {
  const problem = `is missing for ${name}: its prefix is auto, and no machine is asked here`;
  const cure = `add --home-prefix ${name}=PREFIX with the home's IPv6 prefix, or --facts FILE`;
  return { key: "--home-prefix", problem, cure };
}

/** A LAN that the config names is taken from there, as `up` does. */
function factsOfHome(
  home: TunnelHomeSpec,
  spec: Spec,
  prefix: string | undefined,
  told: HomeFacts | undefined,
): HomeFacts {
  if (told === undefined) return assumeHome(home, prefix, home.end === "debian" ? targets(home, spec) : []);
  if (home.lan === "auto") return { ...told, prefix };
  const { device, prefix: lan } = home.lan;
  const prefixes = home.end === "debian" ? told.lan.prefixes : [lan];
  return { ...told, prefix, lan: { ...told.lan, device, prefixes } };
}

/** The servers of a home's services. */
function targets({ name }: TunnelHomeSpec, { services }: Spec): string[] {
  return [...new Set(services.filter(({ home }) => home === name).map(({ to }) => to))];
}

function assumptions(spec: Spec, homes: Facts["homes"], told: Facts | undefined): string[] {
  const ended = endedHomes(spec);
  return [
    ...(told === undefined ? [`relay: its line has an MTU of ${assumedMtu} bytes`] : []),
    ...ended.flatMap(({ name, follow, end }) =>
      spec.relay.provider === "hcloud" && told === undefined && follow?.by === "self"
        ? [
            `${name}: nobody told the relay's host key, so the ${end} end follows its own prefix and does not tell the relay; the output facts of a stack has the key`,
          ]
        : [],
    ),
    ...ended.flatMap((home) => {
      const { name, end, lan } = home;
      const known = homes[name];
      if (known === undefined || homeOf(told, home) !== undefined) return [];
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
