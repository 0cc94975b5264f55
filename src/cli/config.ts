import { parseSpec, readConfigFile, type Spec } from "../config/index.ts";
import { describeFault, type Fault } from "../errors.ts";
import { readNamedFile } from "./input.ts";

/**
 * The Spec of a config file. What is likely not meant is told on standard error.
 *
 * @throws VisibleError with every fault of the file
 */
export function readSpec(path: string): Spec {
  const text = readNamedFile("--config", path, "the stack's Pulumi.NAME.yaml, or a file with the same keys");
  const { spec, warnings } = parseSpec(readConfigFile(text));
  warn(warnings);
  return spec;
}

/** Tells what is possible and likely not meant. */
export function warn(warnings: readonly Fault[]): void {
  for (const warning of warnings) process.stderr.write(`warning: ${describeFault(warning)}\n`);
}
