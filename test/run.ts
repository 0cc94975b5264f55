/**
 * `npm test`: types and style, the fast tests, those against the programs themselves, those of the lab's
 * stand-ins, then the lab itself. Closes with one plain line, `N passed, N failed`.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import type { Result } from "../lab/proof/proof.ts";

const report = "lab/.run/report.json";
const counts = { passed: 0, failed: 0 };
/** Said again at the end, where whoever sees only the last lines of hours of output finds them. */
const failures: string[] = [];

function step(title: string, command: string, ...args: string[]): boolean {
  console.log(`\n== ${title}`);
  const { status } = spawnSync(command, args, { stdio: "inherit" });
  return status === 0;
}

function passed(count: number): void {
  counts.passed += count;
}

function failed(...what: string[]): void {
  counts.failed += what.length;
  failures.push(...what);
}

function check(title: string, command: string, ...args: string[]): void {
  if (step(title, command, ...args)) passed(1);
  else failed(title);
}

/** What vitest writes of each file, as far as it is read here. */
interface TestFile {
  name: string;
  message: string;
  assertionResults: { fullName: string; status: string; failureMessages: string[] }[];
}

function vitest(title: string, project: string): void {
  const results = `lab/.cache/vitest-${project}.json`;
  rmSync(results, { force: true });
  const ok = step(
    title,
    "vitest",
    ...["run", "--project", project, "--reporter=default", "--reporter=json", `--outputFile.json=${results}`],
  );
  if (!existsSync(results)) return failed(title);
  const files: TestFile[] = JSON.parse(readFileSync(results, "utf8")).testResults;
  const tests = files.flatMap(({ assertionResults }) => assertionResults);
  passed(tests.filter(({ status }) => status === "passed").length);
  const wrong = tests
    .filter(({ status }) => status === "failed")
    .map(({ fullName, failureMessages: [message = ""] }) => `${fullName}: ${message.split("\n")[0]}`);
  failed(...wrong);
  // A file that cannot be loaded fails no test of its own.
  const unread = files
    .filter(({ message }) => message !== "")
    .map(({ name, message }) => `${name}: ${message}`);
  if (!ok && wrong.length === 0) failed(title, ...unread);
}

function lab(): void {
  const ok = step("the lab: the same job on real machines", "node", "lab/main.ts");
  const proofs: Result[] = existsSync(report) ? JSON.parse(readFileSync(report, "utf8")) : [];
  const wrong = proofs
    .filter((proof) => !proof.ok)
    .map(({ name, measured, expected }) => `${name}: ${measured} (expected: ${expected})`);
  passed(proofs.length - wrong.length);
  failed(...wrong);
  if (!ok && wrong.length === 0) failed("the lab ended before its time");
}

check("what the tests need of Debian", "node", "lab/setup.ts");
check("style", "biome", "check", ".");
check("types", "tsc", "--noEmit");
vitest("the fast tests", "unit");
vitest("sshd, rules in a kernel, the readers of each file, the command", "real");
vitest("the lab's stand-ins", "lab");
lab();

for (const failure of failures) console.log(`failed: ${failure}`);
console.log(`\n${counts.passed} passed, ${counts.failed} failed`);
process.exitCode = counts.failed === 0 ? 0 : 1;
