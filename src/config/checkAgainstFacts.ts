import type { Fault } from "../errors.ts";
import { endpointNetwork, inIpv4Prefix, ipv4, ipv6, isNetworkOrBroadcast, unroutable } from "./addresses.ts";
import { atEndpoint, hasEnd } from "./homes.ts";
import type { PortService, Spec, TunnelHomeSpec, WholeAddressService } from "./spec.ts";

/** What a home end told of itself, as far as the Spec is judged by it. */
export interface HomeFactsToCheck {
  /** The home's IPv6 prefix, asked or given; absent where its transport needs none. */
  readonly prefix?: string | undefined;
  /** IPv4 prefixes of the home, with or without host bits; none where nobody could be asked. */
  readonly lan?: { readonly prefixes: readonly string[] } | undefined;
  /** The machine's own IPv4 addresses, without lengths; needed for `end: debian`. */
  readonly addresses?: readonly string[] | undefined;
}

/** What is known of all ends, as far as the Spec is judged by it. */
export interface FactsToCheck {
  readonly relay: { readonly ipv4: string; readonly prefix: string };
  readonly homes: { readonly [name: string]: HomeFactsToCheck };
}

/** Is the length of a prefix fit for an endpoint, and can packets from the internet reach it? */
function prefixFault(key: string, value: string, whose: string): Fault[] {
  if (ipv6(value.split("/")[0] ?? "") === undefined || !/^[^/]+(\/\d{1,3})?$/.test(value)) {
    return [{ key, value, problem: "is no IPv6 prefix", cure: `give the IPv6 prefix of ${whose}` }];
  }
  if (Number(value.split("/")[1] ?? 128) > 64) {
    const problem = `is longer than /64: no endpoint of ${whose} can be derived`;
    return [{ key, value, problem, cure: "give that machine a /64, or write `prefix`" }];
  }
  const kind = unroutable(value);
  if (!kind) return [];
  const problem = `is in the range of ${kind}: it cannot be the prefix of ${whose}`;
  return [{ key, value, problem, cure: "see to it that the machine has public IPv6, or write `prefix`" }];
}

function relayFaults({ relay }: FactsToCheck): Fault[] {
  // Any range is accepted: examples and labs have relays in 231.0.0.0/8 and documentation ranges.
  const cure = "give the relay's public IPv4 address";
  const wrong = { key: "relay", value: relay.ipv4, problem: "is no IPv4 address", cure };
  return [...(ipv4(relay.ipv4) ? [] : [wrong]), ...prefixFault("relay", relay.prefix, "the relay")];
}

/** No two ends have one endpoint: it is a /64 and the relay's IPv4 address. */
function endpointFaults(spec: Spec, facts: FactsToCheck): Fault[] {
  const relay = facts.relay.prefix;
  const isFaulty = prefixFault("relay", relay, "the relay").length > 0;
  const owners = new Map(isFaulty ? [] : [[endpointNetwork(relay), "the relay"]]);
  return spec.homes.flatMap((home, index): Fault[] => {
    const { name } = home;
    const prefix = facts.homes[name]?.prefix;
    if (prefix === undefined || !hasEnd(home) || atEndpoint(home) === undefined) return [];
    const key = `homes[${index}].prefix`;
    const unusable = prefixFault(key, prefix, name);
    if (unusable.length > 0) return unusable;
    const network = endpointNetwork(prefix);
    const owner = owners.get(network);
    owners.set(network, owner ?? name);
    if (owner === undefined) return [];
    const problem = `gives ${name} the same endpoint as ${owner}: both are in ${network}`;
    const cure =
      owner === "the relay"
        ? "write the home's own prefix: the relay has to stand outside of the home"
        : "write another /64 of the home's prefix; two servers behind one router are one home";
    return [{ key, value: prefix, problem, cure }];
  });
}

/** A service that a tunnel leads to. */
type Service = PortService | WholeAddressService;

/** A Debian end takes the packets itself, so it has to own the address that they go to. */
function debianFault(key: string, service: Service, addresses: readonly string[]): Fault[] {
  if (addresses.some((address) => address.split("/")[0] === service.to)) return [];
  return [
    {
      key,
      value: service.to,
      problem: `is no address of ${service.home}, and a Debian end serves only itself; it has ${addresses.join(", ") || "none"}`,
      cure: "write one of these addresses (for a container, publish its port on the host's address), or end the tunnel at the OpenWrt router (`end: openwrt`)",
    },
  ];
}

function targetFault(key: string, service: Service, home: TunnelHomeSpec, facts: HomeFactsToCheck): Fault[] {
  if (home.end === "debian" && facts.addresses) return debianFault(key, service, facts.addresses);
  const prefixes = facts.lan?.prefixes ?? [];
  if (prefixes.length === 0) return [];
  const lan = prefixes.find((prefix) => inIpv4Prefix(service.to, prefix));
  const cure = `write the server's own address in ${prefixes.join(", ")}, or the right \`lan\` of ${home.name}`;
  if (lan === undefined) {
    const problem = `is not in the LAN of ${home.name}, ${prefixes.join(", ")}`;
    return [{ key, value: service.to, problem, cure }];
  }
  if (!isNetworkOrBroadcast(service.to, lan)) return [];
  return [{ key, value: service.to, problem: `is the network or broadcast address of ${lan}`, cure }];
}

/**
 * The checks of a Spec that need the ends' answers. Pure; homes without facts are passed over.
 *
 * @returns every fault at once; empty when all is well.
 */
export function checkAgainstFacts(spec: Spec, facts: FactsToCheck): Fault[] {
  const targets = spec.services.flatMap((service, index) => {
    // What goes over the internet meets no LAN.
    if (service.kind === "relayed") return [];
    const home = spec.homes.find(({ name }) => name === service.home);
    const known = facts.homes[service.home];
    return home && home.end !== "none" && known
      ? targetFault(`services[${index}].to`, service, home, known)
      : [];
  });
  return [...relayFaults(facts), ...endpointFaults(spec, facts), ...targets];
}
