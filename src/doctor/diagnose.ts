import type { Spec } from "../config/index.ts";
import type { Plan } from "../plan/index.ts";
import type { Case, Check } from "./checks/check.ts";
import { clock } from "./checks/clock.ts";
import { cloud } from "./checks/cloud.ts";
import { conntrack } from "./checks/conntrack.ts";
import { crossing } from "./checks/crossing.ts";
import { encapLimit } from "./checks/encapLimit.ts";
import { endless } from "./checks/endless.ts";
import { foreignNat } from "./checks/foreignNat.ts";
import { forwarding } from "./checks/forwarding.ts";
import { inbound } from "./checks/inbound.ts";
import { kernel } from "./checks/kernel.ts";
import { kernelModule } from "./checks/module.ts";
import { mss } from "./checks/mss.ts";
import { packetRules } from "./checks/packetRules.ts";
import { pathMtu } from "./checks/pathMtu.ts";
import { prefix } from "./checks/prefix.ts";
import { processes } from "./checks/processes.ts";
import { reached } from "./checks/reached.ts";
import { replies } from "./checks/replies.ts";
import { routing } from "./checks/routing.ts";
import { rpFilter } from "./checks/rpFilter.ts";
import { tunnel } from "./checks/tunnel.ts";
import { tunnelMtu } from "./checks/tunnelMtu.ts";
import { upkeep } from "./checks/upkeep.ts";
import type { Examinations } from "./examination.ts";
import type { Finding, Severity } from "./finding.ts";

/**
 * In the order of what rests on what. Each later list is asked about a home only while nothing before it keeps
 * that home's packets from crossing: what follows from a fault is not told as another one.
 */
const stages: readonly (readonly Check[])[] = [
  [cloud],
  [reached, clock],
  [kernelModule, prefix],
  [tunnel],
  [kernel, forwarding, routing, rpFilter, packetRules, foreignNat, replies],
  [crossing],
  [encapLimit],
  [tunnelMtu, mss, conntrack, upkeep, processes],
  [pathMtu, inbound, endless],
];

/** Findings that say where nobody could look: they explain no other. */
const blind: readonly Finding["id"][] = ["relay-unreachable", "home-unreachable"];

/**
 * Names what is wrong, the cause before what follows from it. Pure: the same examinations give the same
 * findings.
 *
 * @returns nothing where all is well
 */
export function diagnose(spec: Spec, plan: Plan, seen: Examinations): Finding[] {
  const found: Finding[] = [];
  const subject: Case = { spec, plan, seen, found };
  for (const checks of stages) {
    const explained = found.filter(({ severity, id }) => severity === "down" && !blind.includes(id));
    if (explained.some(({ home }) => home === undefined)) break;
    const homes = new Set(explained.map(({ home }) => home));
    const next = checks.flatMap((check) => check(subject)).map((finding) => lessened(finding, subject));
    found.push(...next.filter(({ home }) => home === undefined || !homes.has(home)));
  }
  return withoutRepeats(found);
}

/** What keeps a path of a home's from working takes nothing from its clients while the other one carries. */
function lessened(finding: Finding, { plan, seen }: Case): Finding {
  const home = plan.homes.find(({ name }) => name === finding.home);
  const view = home === undefined ? undefined : seen.homes[home.name];
  if (home?.spare === undefined || view === undefined || typeof view === "string") return finding;
  const other = view.reply === home.spare.device;
  return other && finding.severity === "down" ? { ...finding, severity: "degraded" } : finding;
}

/** The worst of all. */
export function severityOf(findings: readonly Finding[]): Severity | "well" {
  return (
    (["down", "degraded", "note"] as const).find((each) =>
      findings.some(({ severity }) => severity === each),
    ) ?? "well"
  );
}

/** Two tests may name one fault. */
function withoutRepeats(findings: readonly Finding[]): Finding[] {
  return findings.filter(
    ({ id, where }, index) => findings.findIndex((each) => each.id === id && each.where === where) === index,
  );
}
