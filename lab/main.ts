/**
 * The lab's command: `npm run lab -- …`.
 */
import { Argument, Command, InvalidArgumentError, Option } from "commander";
import { type TransportKind, transportKinds } from "../src/transports/index.ts";
import { type BreakOptions, breakLab } from "./break.ts";
import { execAt } from "./exec.ts";
import { runFaults } from "./faults/index.ts";
import { readLab, startLab, stopLab } from "./lab.ts";
import type { HomeKind } from "./network/topology.ts";
import { say } from "./progress.ts";
import type { TransportsOptions } from "./proof/transports.ts";
import { renumber } from "./renumber.ts";
import {
  proveLab,
  proveLabDoctor,
  proveLabFollow,
  proveLabIpv6,
  proveLabLoad,
  proveLabSafety,
  proveLabTransports,
  proveLabTurnover,
  runLab,
} from "./run.ts";
import { welcome } from "./welcome.ts";

const KINDS: readonly HomeKind[] = ["openwrt", "debian", "none"];

function homeKinds(kind: string, before: readonly HomeKind[] | undefined): HomeKind[] {
  if (!KINDS.includes(kind as HomeKind)) throw new InvalidArgumentError(`It is one of ${KINDS.join(", ")}.`);
  return [...(before ?? []), kind as HomeKind];
}

const program = new Command("lab")
  .description("A small cloud and a home behind DS-Lite on this machine.")
  .enablePositionalOptions();

/** The options that say what the lab is made of. */
function made(command: Command): Command {
  return command
    .addOption(
      new Option("--relay-image <name>", "what the cloud's debian-13 is")
        .choices(["relay-networkd", "relay-ifupdown"])
        .default("relay-networkd"),
    )
    .addOption(new Option("--packages <manager>", "of OpenWrt").choices(["opkg", "apk"]).default("opkg"))
    .addOption(new Option("--mtu <bytes>", "of the access links").choices(["1500", "1492"]).default("1500"));
}

made(program.command("start"))
  .description("start cloud, home and client")
  .option("--home <kind>", "openwrt, debian or none; once for each home (default: openwrt)", homeKinds)
  .action(async ({ home, relayImage, packages, mtu }) => {
    const lab = await startLab({
      homes: home ?? ["openwrt"],
      relayImage,
      packageManager: packages,
      mtu: Number(mtu),
    });
    console.log(welcome(lab));
  });

const prove = program
  .command("prove")
  .description("prove a lab that --keep left standing")
  .action(async () => {
    if (!(await proveLab())) process.exitCode = 1;
  });
prove
  .command("doctor")
  .description("break everything that can be broken, and see doctor name it")
  .argument("[names...]", "of breaks; by default all")
  .action(async (names: string[]) => {
    if (!(await proveLabDoctor(names.length === 0 ? undefined : names))) process.exitCode = 1;
  });

prove
  .command("follow")
  .description(
    "give each home another prefix, and see traffic flow again: what says so, and what is asked by name",
  )
  .action(async () => {
    if (!(await proveLabFollow())) process.exitCode = 1;
  });

prove
  .command("ipv6")
  .description(
    "give both homes' servers IPv6 addresses of the relay's, use them while transports change, and take them away",
  )
  .action(async () => {
    if (!(await proveLabIpv6())) process.exitCode = 1;
  });

prove
  .command("turnover")
  .description("let both homes change to a tunnel that gets nowhere, then to one that does, and back")
  .action(async () => {
    if (!(await proveLabTurnover())) process.exitCode = 1;
  });

program
  .command("break")
  .description("break one thing and leave it, for `relay4in6 doctor`")
  .option("--list", "what can be broken, and what doctor calls it")
  .option("--mend", "undo it")
  .argument("[name]", "of the break")
  .action(async (name: string | undefined, options: BreakOptions) => {
    console.log(await breakLab(name, options));
  });

program
  .command("transports")
  .description("prove other transports on a lab that --keep left standing; the last one stays")
  .addArgument(new Argument("[kinds...]").choices(transportKinds).default(transportKinds))
  .option("--reboot", "every machine, with each of them, and make large transfers")
  .action(async (kinds: TransportKind[], options: TransportsOptions) => {
    if (!(await proveLabTransports(kinds, options))) process.exitCode = 1;
  });

program
  .command("safety")
  .description("scan every port and forge packets, on a lab that --keep left standing")
  .action(async () => {
    if (!(await proveLabSafety())) process.exitCode = 1;
  });

program
  .command("load")
  .description("thousands of connections at once, and a flood, on a lab that --keep left standing")
  .option("--count <connections>", "at once", "10000")
  .action(async ({ count }: { count: string }) => {
    if (!(await proveLabLoad(Number(count)))) process.exitCode = 1;
  });

program
  .command("exec")
  .description("run a command at a place of the lab")
  .option("--at <place>", "operator, client, server, relay, home, …", "operator")
  .argument("<command...>")
  .passThroughOptions()
  .action(async (command: string[], { at }: { at: string }) => {
    process.exitCode = await execAt(at, command);
  });

program
  .command("renumber")
  .description("give a home a new IPv6 prefix, as many providers do at each reconnect")
  .argument("[home]", "name of the home", "home")
  .action(async (name: string) => {
    console.log(await renumber(await readLab(), name));
  });

program
  .command("faults")
  .description("disturb deliveries on a lab that --keep left standing: every fault at every step")
  .option("--seed <n>", "of the order; or short: one of each kind (default: 1)")
  .option("--count <n>", "how many (default: 60)")
  .option("--from <index>", "index in the order (default: the first that lab/.run/faults.json does not have)")
  .option("--only <name>", "a part of the name, such as: openwrt, power lost, first run")
  .action(async (options) => {
    await readLab();
    if (!(await runFaults(options))) process.exitCode = 1;
  });

program
  .command("down")
  .description("take everything away but the cache")
  .action(async () => {
    await stopLab();
    say("Nothing of the lab is left but its cache (lab/.cache).");
  });

made(program)
  .option("--keep", "leave it standing after up")
  .addOption(
    new Option("--provider <name>", "of the relay: made by us, or a server ordered by hand")
      .choices(["hcloud", "existing"])
      .default("hcloud"),
  )
  .action(async ({ keep, provider, relayImage, packages, mtu }) => {
    const held = await runLab({ keep, provider, relayImage, packageManager: packages, mtu: Number(mtu) });
    if (!held) process.exitCode = 1;
    if (keep) console.log(welcome(await readLab()));
  });

try {
  await program.parseAsync();
} catch (error) {
  console.error(`lab: ${(error as Error).message}`);
  process.exitCode = 1;
}
