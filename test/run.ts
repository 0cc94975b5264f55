/**
 * `npm test`: types and style, the fast tests, those against the programs themselves, those of the lab's
 * stand-ins, then the lab itself. Closes with one plain line, `N passed, N failed`.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";

const report = "lab/.run/report.json";
const counts = { passed: 0, failed: 0 };

function step(title: string, command: string, ...args: string[]): boolean {
  console.log(`\n== ${title}`);
  const { status } = spawnSync(command, args, { stdio: "inherit" });
  return status === 0;
}

function check(title: string, command: string, ...args: string[]): void {
  counts[step(title, command, ...args) ? "passed" : "failed"]++;
}

function vitest(title: string, project: string): void {
  const results = `lab/.cache/vitest-${project}.json`;
  rmSync(results, { force: true });
  const ok = step(
    title,
    "vitest",
    ...["run", "--project", project, "--reporter=default", "--reporter=json", `--outputFile.json=${results}`],
  );
  if (!existsSync(results)) {
    counts.failed++;
    return;
  }
  const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(results, "utf8"));
  counts.passed += numPassedTests;
  counts.failed += numFailedTests;
  // A file that cannot be loaded fails no test of its own.
  if (!ok && numFailedTests === 0) counts.failed++;
}

function lab(): void {
  const ok = step("the lab: the same job on real machines", "node", "lab/main.ts");
  const results: { ok: boolean }[] = existsSync(report) ? JSON.parse(readFileSync(report, "utf8")) : [];
  const failed = results.filter((result) => !result.ok).length;
  counts.passed += results.length - failed;
  counts.failed += failed;
  if (!ok && failed === 0) counts.failed++;
}

check("what the tests need of Debian", "node", "lab/setup.ts");
check("style", "biome", "check", ".");
check("types", "tsc", "--noEmit");
vitest("the fast tests", "unit");
vitest("sshd, rules in a kernel, the readers of each file, the command", "real");
vitest("the lab's stand-ins", "lab");
lab();

console.log(`\n${counts.passed} passed, ${counts.failed} failed`);
process.exitCode = counts.failed === 0 ? 0 : 1;
