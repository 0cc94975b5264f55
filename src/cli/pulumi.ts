import { execFile } from "node:child_process";
import { type Fault, VisibleError } from "../errors.ts";

/** What Pulumi says, and what that means to a person: the first that fits is told. */
const REFUSALS: readonly [says: RegExp, problem: string, cure: string][] = [
  [
    /no Pulumi\.yaml project file found/,
    "this folder has no Pulumi project",
    "go to the folder with relay4in6's Pulumi.yaml, or name --config FILE and --outputs FILE",
  ],
  [/no stack selected/, "no stack is selected", "name one with --stack, or: pulumi stack select NAME"],
  [/no stack named/, "there is no such stack", "see `pulumi stack ls` for those that there are"],
  [/must be set for login|pulumi login|PULUMI_ACCESS_TOKEN/, "Pulumi is not logged in", "run: pulumi login"],
  [
    /passphrase must be set|incorrect passphrase/,
    "the stack's passphrase is missing or wrong",
    "set PULUMI_CONFIG_PASSPHRASE, or PULUMI_CONFIG_PASSPHRASE_FILE",
  ],
];

/**
 * What `pulumi WORDS --json` prints, parsed. The program is found on PATH and run in this folder, as the user
 * would.
 *
 * @param stack the selected one when undefined
 * @throws VisibleError when there is no pulumi, no project or no stack, or it cannot be read
 */
export async function askPulumi(words: readonly string[], stack: string | undefined): Promise<unknown> {
  const args = [...words, "--json", "--non-interactive", ...(stack === undefined ? [] : ["--stack", stack])];
  const told = `pulumi ${words.join(" ")}`;
  const fault = (rest: Omit<Fault, "key" | "value">) =>
    new VisibleError({ key: told, ...(stack === undefined ? {} : { value: stack }), ...rest });
  const { error, stdout, stderr } = await run(args);
  if (error === null) return JSON.parse(stdout);
  if (error.code === "ENOENT") {
    throw fault({
      problem: "pulumi is not on PATH",
      cure: "install it (https://www.pulumi.com/docs/install), or name --config FILE and --outputs FILE",
    });
  }
  const known = REFUSALS.find(([says]) => says.test(stderr));
  if (known !== undefined) throw fault({ problem: known[1], cure: known[2] });
  throw fault({
    problem: `pulumi ended with status ${error.code}: ${lastLine(stderr)}`,
    cure: "mend what it says, then run again",
  });
}

interface Ended {
  error: { code?: string | number | null } | null;
  stdout: string;
  stderr: string;
}

/** Warnings about a newer release would stand between the words that are looked for. */
function run(args: readonly string[]): Promise<Ended> {
  const env = { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" };
  return new Promise((resolve) => {
    execFile("pulumi", args, { env, encoding: "utf8", maxBuffer: 64 * 2 ** 20 }, (error, stdout, stderr) =>
      resolve({ error, stdout, stderr }),
    );
  });
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1)?.slice(0, 300) ?? "";
}
