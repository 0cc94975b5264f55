/**
 * `transport: auto` where protocol 4 does not get through: what does is found out, taken while transfers run, and kept
 * when the line lets everything through again.
 */
import { tunnelTransports } from "../../src/transports/index.ts";
import { breakNamed } from "../breaks/index.ts";
import { unchanged } from "./changes.ts";
import { segments } from "./packets.ts";
import { carriedBy } from "./paths.ts";
import type { Place, Places } from "./places.ts";
import type { Report } from "./proof.ts";
import { reachable } from "./services.ts";
import { type Declared, type Pulumi, withTunnels } from "./stack.ts";
import { take } from "./turn.ts";

/**
 * From any other tunnel to `gre6`, which is the fastest that gets through.
 *
 * @param internet where the way is broken
 * @param lineMtu MTU of the homes' lines in bytes
 */
export async function proveAuto(
  report: Report,
  pulumi: Pulumi,
  places: Places,
  internet: Place,
  relay: string,
  lineMtu: number,
): Promise<void> {
  const filtered = breakNamed("protocol-4");
  const name = "both homes choose by themselves where protocol 4 is filtered";
  await internet.say(filtered.break);
  try {
    const prove = async () => {
      await carriedBy(places, "wrap1gre", "wrap2gre");
      const mss = lineMtu - tunnelTransports.gre6.overhead({}) - 40;
      await report.prove([...reachable(relay), ...segments(relay, mss)], places, "auto: ");
    };
    const change = (declared: Declared) => withTunnels(declared, { transport: "auto" });
    await take({ name, change, goesOn: true, prove }, report, pulumi, places, relay);
  } finally {
    await internet.say(filtered.mend);
  }
  await report.prove([unchanged(pulumi, "--refresh")], places, "auto, where protocol 4 passes again: ");
}
