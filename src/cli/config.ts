import { type OpenSpec, parseOpenSpec, readConfigFile } from "../config/index.ts";
import { describeFault, type Fault } from "../errors.ts";
import { readNamedFile } from "./input.ts";

/**
 * What a config file wants; `transport: auto` is still open. What is likely not meant is told on standard error.
 *
 * @throws VisibleError with every fault of the file
 */
export function readSpec(path: string): OpenSpec {
  const text = readNamedFile("--config", path, "the stack's Pulumi.NAME.yaml, or a file with the same keys");
  const { spec, warnings } = parseOpenSpec(readConfigFile(text));
  warn(warnings);
  return spec;
}

/** Tells what is possible and likely not meant. */
export function warn(warnings: readonly Fault[]): void {
  for (const warning of warnings) process.stderr.write(`warning: ${describeFault(warning)}\n`);
}
