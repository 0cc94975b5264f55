import type { Outcome, RunOptions } from "../command.ts";
import { OPERATOR } from "../network/internet.ts";
import { attemptIn } from "../network/namespaces.ts";

/** Runs a program where the operator is, with this environment and nothing of ours. */
export function attemptAsOperator(
  environment: Readonly<Record<string, string>>,
  command: readonly string[],
  options: RunOptions,
): Promise<Outcome> {
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  return attemptIn(OPERATOR, "env", ["-i", ...variables, ...command], options);
}
