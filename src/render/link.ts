import type { Tunnel, TunnelToEndpoint, TunnelToKey } from "../plan/index.ts";
import { type EndSystem, type LinkEnd, tunnelTransports } from "../transports/index.ts";
import type { Bundle, BundleFile } from "./bundle.ts";
import { fillFrom } from "./template.ts";

/** Name of the key pair that a home logs in with, to tell the relay where it is. */
export const followPair = "follow";

/** Name of the key pair that an end's tunnel is made with; the other one is for a home's login at the relay. */
export function tunnelPair({ keys }: Pick<Bundle, "keys">): string {
  return keys.find((pair) => pair !== followPair) ?? "none";
}

/** The script that makes, changes, checks and takes away a tunnel's device on one end. */
export function linkScript(tunnel: Tunnel, end: LinkEnd): BundleFile {
  const { linkTemplate, linkValues } = tunnelTransports[tunnel.transport];
  const values = linkValues({ ...tunnel, ownMark: tunnel.marks.outOf.value }, end);
  return fillFrom(linkTemplate, values, `/etc/relay4in6/link-${tunnel.device}`);
}

/** What the tunnels' link scripts need of an end. */
export function linkNeeds(
  tunnels: readonly Tunnel[],
  system: EndSystem,
): Pick<Bundle, "packages" | "modules" | "keys"> {
  const all = tunnels.map(({ transport }) => tunnelTransports[transport]);
  return {
    packages: [...new Set(all.flatMap(({ needs }) => needs.packages[system]))],
    modules: [...new Set(all.map(({ needs }) => needs.module))],
    keys: [...new Set(all.filter(({ knownBy }) => knownBy === "key").map(({ kind }) => kind))],
  };
}

/** Whether the relay answers this home wherever its key is. */
export function isKnownByKey(tunnel: Tunnel): tunnel is TunnelToKey {
  return tunnel.knownBy === "key";
}

/** Where a home end keeps the relay's public key, if it knows it by one. */
export function relayKeyFile(tunnels: readonly Tunnel[], state: string): Pick<Bundle, "relayKey"> {
  const tunnel = tunnels.find(isKnownByKey);
  return tunnel === undefined ? {} : { relayKey: `${state}/peer-${tunnel.device}` };
}

/** A home's bundle with the relay's public key, where it knows the relay by one: what only a run on the relay tells. */
export function withRelayKey(bundle: Bundle, relayKey: string): Bundle {
  if (bundle.relayKey === undefined) return bundle;
  return {
    ...bundle,
    state: [...bundle.state, { path: bundle.relayKey, mode: "0644", text: `${relayKey}\n` }],
  };
}

/** Where a home end is, as the plan knows it: in a file of its own, because it follows the prefix. */
export function endpointFile(endpoint: TunnelToEndpoint | undefined, state: string): BundleFile[] {
  if (endpoint === undefined) return [];
  return [{ path: `${state}/endpoint`, mode: "0644", text: `${endpoint.homeEndpoint}\n` }];
}

/** What the relay is told of a home's key pairs: the tunnel that each belongs to, or the endpoint that it tells of. */
export function pairNames(tunnels: readonly Tunnel[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    tunnels.map((tunnel) =>
      isKnownByKey(tunnel) ? [tunnel.transport, tunnel.device] : [followPair, tunnel.endpointName],
    ),
  );
}
