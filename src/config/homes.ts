import type { Told } from "../transports/candidates.ts";
import type { AutoHomeSpec, HomeSpec, Spec, TunnelHomeSpec } from "./spec.ts";

/** Whether a tunnel leads to the home; at the others there is nothing of ours. */
export function hasEnd(home: HomeSpec): home is TunnelHomeSpec {
  return home.end !== "none";
}

/** The homes that a tunnel leads to, in the config's order. */
export function endedHomes({ homes }: Pick<Spec, "homes">): TunnelHomeSpec[] {
  return homes.filter(hasEnd);
}

/** The paths to a home, the preferred one first: each as if the home had no other. */
export function pathsOf(home: TunnelHomeSpec): TunnelHomeSpec[] {
  if (home.end === "manual" || home.spare === undefined) return [home];
  const { spare, ...first } = home;
  const { name, lan, end, ssh, ipv6 } = home;
  return [first, { name, lan, end, ssh, ...(ipv6 === undefined ? {} : { ipv6 }), ...spare }];
}

/** What of a home says how its outer packets are told: of all of its paths. */
export function toldOf(home: HomeSpec | AutoHomeSpec): Told {
  if (isAuto(home) || !hasEnd(home)) return home;
  const paths = pathsOf(home);
  return {
    transport: paths.map(({ transport }) => transport),
    wireguard: paths.find(({ wireguard }) => wireguard !== undefined)?.wireguard,
  };
}

/** A home that the relay finds at its endpoint. */
export type HomeAtEndpoint = Extract<TunnelHomeSpec, { knownBy: "endpoint" }>;

/** The home by that of its paths that ends at its endpoint, if one does: only that needs a prefix. */
export function atEndpoint(home: TunnelHomeSpec): HomeAtEndpoint | undefined {
  return pathsOf(home).find((path) => path.knownBy === "endpoint");
}

/** Whether a home's tunnel is still to be chosen. */
export function isAuto(home: HomeSpec | AutoHomeSpec): home is AutoHomeSpec {
  return home.transport === "auto";
}
