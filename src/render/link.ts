import type { Tunnel, TunnelToEndpoint } from "../plan/index.ts";
import { type EndSystem, type LinkEnd, tunnelTransports } from "../transports/index.ts";
import type { Bundle, BundleFile } from "./bundle.ts";
import { fillFrom } from "./template.ts";

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

/** Whether the relay is told where this home is, and lets in only what comes from there. */
export function isKnownByEndpoint(tunnel: Tunnel): tunnel is TunnelToEndpoint {
  return tunnel.knownBy === "endpoint";
}

/** Where a home end keeps the relay's public key, if it knows it by one. */
export function relayKeyFile(tunnel: Tunnel, state: string): Pick<Bundle, "relayKey"> {
  return isKnownByEndpoint(tunnel) ? {} : { relayKey: `${state}/peer-${tunnel.device}` };
}
