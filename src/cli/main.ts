import { Command } from "commander";
import { VisibleError } from "../errors.ts";
import { check } from "./check.ts";
import { type DoctorOptions, doctor } from "./doctor.ts";
import { printReference, printSchema } from "./printed.ts";
import { type ProbeOptions, probe } from "./probe.ts";
import { type RenderOptions, render } from "./render/render.ts";
import { type StatusOptions, status } from "./status/status.ts";

/**
 * The program `relay4in6`. What is the user's to mend goes to standard error as a list, with exit status 1; a
 * fault of ours keeps its stack.
 *
 * @param words the command line without node and script
 */
export async function main(words: readonly string[]): Promise<void> {
  endQuietlyWithoutReader();
  try {
    await program().parseAsync(words, { from: "user" });
  } catch (error) {
    if (!(error instanceof VisibleError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}

function program(): Command {
  const relay4in6 = new Command("relay4in6")
    .description("A public IPv4 address for a home behind DS-Lite or CGNAT, without any cloud account here.")
    .showHelpAfterError("(more with --help)");
  relay4in6
    .command("render")
    .description("write what `pulumi up` would put on each machine, for an install by hand")
    .requiredOption("--config <file>", "a stack's Pulumi.NAME.yaml, or the same keys without the namespace")
    .option("--relay-ipv4 <address>", "the relay's public IPv4 address")
    .option("--relay-prefix <prefix>", "the relay's IPv6 prefix: 2001:db8:1::/64")
    .option("--home-prefix <prefix>", "a home's IPv6 prefix; NAME=PREFIX with several homes", collect, [])
    .option("--facts <file>", "what the machines are: `pulumi stack output facts --json`")
    .option("--out <dir>", "folder to write to")
    .option("--stdout", "print the files instead")
    .option("--force", "write into a folder that has other files, or whose files were edited")
    .action((options: RenderOptions) => render(options));
  relay4in6
    .command("check")
    .description("say every fault of a config at once")
    .requiredOption("--config <file>", "a stack's Pulumi.NAME.yaml, or the same keys without the namespace")
    .action(({ config }: { config: string }) => check(config));
  withStack(
    relay4in6
      .command("status")
      .description("show how the relay and its homes are; exit status 0: up, 1: degraded, 2: down"),
  )
    .option("--watch", "again and again, with live rates")
    .option("--json", "for programs; with --watch, a line each time")
    .action((options: StatusOptions) => status(options));
  withStack(
    relay4in6
      .command("doctor")
      .description("look at relay and homes, and name the first thing that is wrong with its cure"),
  )
    .option("--json", "every finding, for programs")
    .addHelpText(
      "after",
      "\nExit status: 0 all is well, 1 degraded, 2 down. HCLOUD_TOKEN: asks the cloud as well.",
    )
    .action((options: DoctorOptions) => doctor(options));
  withStack(
    relay4in6
      .command("probe")
      .description("try which tunnels get through between relay and homes; changes nothing"),
  )
    .option("--home <name>", "this home only")
    .option("--json", "for programs")
    .addHelpText("after", "\nExit status: 0 the transports in use work, 1 one does not.")
    .action((options: ProbeOptions) => probe(options));
  relay4in6
    .command("schema")
    .description("print the config's JSON Schema, for editors")
    .option("--stack", "for a stack's Pulumi.NAME.yaml")
    .action(({ stack = false }: { stack?: boolean }) => printSchema(stack));
  relay4in6
    .command("reference")
    .description("print every key of the config as a Markdown table")
    .action(printReference);
  return relay4in6;
}

/** The options that say which deployed stack is meant. */
function withStack(command: Command): Command {
  return command
    .option("--stack <name>", "a stack of the Pulumi project in this folder (default: the selected one)")
    .option("--outputs <file>", "what `pulumi stack output --json` printed, instead of asking Pulumi")
    .option("--config <file>", "the stack's Pulumi.NAME.yaml, instead of asking Pulumi");
}

function collect(value: string, before: readonly string[]): string[] {
  return [...before, value];
}

/** `relay4in6 … | head` is no error. */
function endQuietlyWithoutReader(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit(0);
  });
}
