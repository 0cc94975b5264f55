import type { HomePlan, Plan } from "../plan/index.ts";
import type { Bundle } from "./bundle.ts";
import { renderDebian } from "./debian.ts";
import { renderOpenwrt } from "./openwrt.ts";
import { renderRelay } from "./relay.ts";

/** One bundle for each end that we can deliver to: the relay first. A manual home has instructions instead. */
export function render(plan: Plan): Bundle[] {
  return [renderRelay(plan.relay), ...plan.homes.flatMap(renderHome)];
}

function renderHome(home: HomePlan): Bundle[] {
  switch (home.end) {
    case "openwrt":
      return [renderOpenwrt(home)];
    case "debian":
      return [renderDebian(home)];
    case "manual":
      return [];
  }
}
