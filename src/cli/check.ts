import { readSpec } from "./config.ts";

/**
 * Judges a config without asking a machine or the cloud.
 *
 * @throws VisibleError with every fault at once
 */
export function check(config: string): void {
  const { homes, services } = readSpec(config);
  const count = (all: readonly unknown[], word: string) =>
    `${all.length} ${word}${all.length === 1 ? "" : "s"}`;
  process.stdout.write(`No fault: ${count(homes, "home")}, ${count(services, "service")}.\n`);
}
