/**
 * Every transport on a lab that stands: both homes are changed to it by `up`, and it carries what ipip6 carries.
 */
import { readFile, writeFile } from "node:fs/promises";
import { parse, stringify } from "yaml";
import { type TunnelKind, type TunnelTransport, tunnelTransports } from "../../src/transports/index.ts";
import { poll } from "../command.ts";
import { step } from "../progress.ts";
import { tcp } from "./asking.ts";
import { segments } from "./packets.ts";
import type { Places } from "./places.ts";
import type { Report } from "./proof.ts";
import { reachable } from "./services.ts";
import { CONFIG_FILE, type Pulumi, STACK } from "./stack.ts";

/** @param lineMtu MTU of the homes' lines in bytes */
export async function proveTransport(
  report: Report,
  pulumi: Pulumi,
  places: Places,
  kind: TunnelKind,
  lineMtu: number,
): Promise<void> {
  const { overhead }: TunnelTransport = tunnelTransports[kind];
  await choose(kind);
  await step(`pulumi up: both homes change to ${kind}`, () => up(pulumi));
  const { publicIpv4 } = await pulumi.outputs();
  for (const port of [443, 8080]) {
    await poll(`port ${port} by ${kind}`, 60_000, async () => {
      const { status, stdout } = await places.client.attempt(tcp(publicIpv4, port));
      return status === 0 && stdout !== "" ? true : undefined;
    });
  }
  // The MSS leaves out an IPv4 and a TCP header without options.
  const proofs = [...reachable(publicIpv4), ...segments(publicIpv4, lineMtu - overhead({}) - 40)];
  await report.prove(proofs, places, `${kind}: `);
  await report.prove(
    [
      {
        name: "a second up changes nothing",
        expected: "nothing",
        measure: async () => {
          const { status, stdout } = await pulumi.attempt([
            "up",
            "--yes",
            "--skip-preview",
            "--refresh",
            "--expect-no-changes",
            "--stack",
            STACK,
          ]);
          return status === 0 ? "nothing" : stdout;
        },
      },
    ],
    places,
    `${kind}: `,
  );
}

function up(pulumi: Pulumi): Promise<string> {
  return pulumi.run("up", "--yes", "--skip-preview", "--stack", STACK);
}

/** Writes the transport of every home into the stack's config. */
async function choose(transport: TunnelKind): Promise<void> {
  const written = parse(await readFile(CONFIG_FILE, "utf8"));
  const homes: object[] = written.config["relay4in6:homes"];
  written.config["relay4in6:homes"] = homes.map((home) => ({ ...home, transport }));
  await writeFile(CONFIG_FILE, stringify(written));
}
