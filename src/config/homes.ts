import type { AutoHomeSpec, HomeSpec, Spec, TunnelHomeSpec } from "./spec.ts";

/** Whether a tunnel leads to the home; at the others there is nothing of ours. */
export function hasEnd(home: HomeSpec): home is TunnelHomeSpec {
  return home.end !== "none";
}

/** The homes that a tunnel leads to, in the config's order. */
export function endedHomes({ homes }: Pick<Spec, "homes">): TunnelHomeSpec[] {
  return homes.filter(hasEnd);
}

/** Whether a home's tunnel is still to be chosen. */
export function isAuto(home: HomeSpec | AutoHomeSpec): home is AutoHomeSpec {
  return home.transport === "auto";
}
