/**
 * Proof of `relay4in6 probe`: it tells of every tunnel whether it gets through, and those that are in use go on.
 */
import type { Lab } from "../lab.ts";
import { tcp } from "./asking.ts";
import type { Places } from "./places.ts";
import { Program } from "./program.ts";
import type { Report } from "./proof.ts";
import type { Pulumi } from "./stack.ts";

/** What probe says, as it prints it with --json. */
interface Told {
  homes: { home: string; inUse: string[]; outcomes: { transport: string; works: boolean }[] }[];
}

/** Lets every transport be tried at both homes; a Debian home has all that gre6 needs. */
export async function proveProbe(
  report: Report,
  pulumi: Pulumi,
  { client }: Places,
  lab: Lab,
): Promise<void> {
  const program = await Program.of(lab, pulumi);
  const { status, stdout, stderr } = await program.run(["probe", "--json"], 600_000);
  const works = stdout.startsWith("{")
    ? (JSON.parse(stdout) as Told).homes.map(({ home, outcomes }) =>
        [home, ...outcomes.filter((each) => each.works).map(({ transport }) => transport)].join(" "),
      )
    : [`status ${status}: ${stderr.trim().split("\n")[0]}`];
  await report.add({
    name: "probe: what gets through to each home",
    ok: status === 0 && works.join(", ") === "haus ipip6, zwei ipip6 gre6",
    measured: works.join(", "),
    expected: "haus ipip6, zwei ipip6 gre6",
  });
  const { publicIpv4 } = await pulumi.outputs();
  for (const [home, port] of [
    ["haus", 443],
    ["zwei", 8080],
  ] as const) {
    const asked = await client.attempt(tcp(publicIpv4, port));
    const measured = asked.stdout.trim() === "" ? "no answer" : "an answer";
    const name = `probe: the tunnel of ${home} goes on`;
    await report.add({ name, ok: measured === "an answer", measured, expected: "an answer" });
  }
}
