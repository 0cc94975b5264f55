import { type CloudAccess, diagnose, type Finding, look, severityOf } from "../doctor/index.ts";
import { readStack, type StackOptions } from "./stack.ts";

/** The options of `relay4in6 doctor`. */
export interface DoctorOptions extends StackOptions {
  /** For programs: every finding. */
  json?: boolean;
}

const statuses = { well: 0, note: 0, degraded: 1, down: 2 } as const;

/**
 * Looks at relay and homes, and names the first thing that is wrong with its cure. The exit status is 0, 1
 * (degraded) or 2 (down).
 *
 * @throws VisibleError when the stack cannot be found
 */
export async function doctor(options: DoctorOptions): Promise<void> {
  const { spec, plan, relay, homes } = await readStack(options);
  const access = cloudAccess();
  const seen = await look({ spec, plan, relay, homes, ...(access === undefined ? {} : { cloud: access }) });
  const findings = diagnose(spec, plan, seen);
  const severity = severityOf(findings);
  process.stdout.write(
    options.json ? `${JSON.stringify({ severity, findings }, undefined, 2)}\n` : told(findings),
  );
  process.exitCode = statuses[severity];
}

/** The variables that the hcloud provider and the hcloud command read. */
function cloudAccess(): CloudAccess | undefined {
  const { HCLOUD_TOKEN: token, HCLOUD_ENDPOINT: endpoint = "https://api.hetzner.cloud/v1" } = process.env;
  return token === undefined ? undefined : { endpoint, token };
}

/** For people: the first of the worst in full, the others below it. */
function told(findings: readonly Finding[]): string {
  const severity = severityOf(findings);
  const first = findings.find((each) => each.severity === severity);
  if (first === undefined) return "All is well: relay, homes, and the way between them.\n";
  const headline = {
    down: "Down.",
    degraded: "It works, but not as it should.",
    note: "All works. Worth knowing:",
    well: "",
  }[severity];
  const others = findings.filter((each) => each !== first);
  return [
    headline,
    "",
    paragraph(first),
    ...(others.length === 0 ? [] : ["Also:", "", ...others.map(paragraph)]),
  ].join("\n");
}

function paragraph({ id, where, what, cure }: Finding): string {
  return `  ${where}: ${what}\n  cure: ${cure}\n  (${id}; more in docs/trouble.md)\n`;
}
