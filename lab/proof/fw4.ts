import type { Places } from "./places.ts";
import type { Proof, Report } from "./proof.ts";

/** The router's firewall program makes its table anew, from the old one and from nothing: ours stands beside it. */
export async function proveFw4(report: Report, places: Places, traffic: readonly Proof[]): Promise<void> {
  await places.home.say("/etc/init.d/firewall reload; /etc/init.d/firewall restart");
  await report.prove(traffic, places, "after fw4 was reloaded and restarted: ");
}
