/**
 * A tunnel that gets nowhere: `up` ends there and the old one carries on; when it gets through, the next `up` goes over to it.
 */
import type { TunnelKind } from "../../src/transports/index.ts";
import { nftRule } from "../breaks/break.ts";
import { step } from "../progress.ts";
import { carriedBy } from "./paths.ts";
import type { Place, Places } from "./places.ts";
import type { Report } from "./proof.ts";
import { proveRefusal } from "./refusals.ts";
import { changeConfig, type Pulumi, withTunnels } from "./stack.ts";
import { failover, readyToTransfer, unnoticed, whileTransferring } from "./transfers.ts";

/** GRE is dropped on the way. */
const noGre = nftRule("type filter hook forward priority 0", "ip6 nexthdr 47 drop");

/**
 * From `ipip6` to `gre6`, and back.
 *
 * @param internet where the way is broken
 */
export async function proveTurnover(
  report: Report,
  pulumi: Pulumi,
  places: Places,
  internet: Place,
  relay: string,
): Promise<void> {
  await readyToTransfer(pulumi, places.home2);
  await changeTo("gre6");
  const meanwhile = (name: string, work: () => Promise<void>, silence = unnoticed) =>
    step(name, () => whileTransferring(report, places, relay, name, silence, work));
  await meanwhile("a tunnel that gets nowhere", () =>
    proveRefusal(report, pulumi, places, {
      name: "a new tunnel gets nowhere, and the old one does",
      says: ["homes: haus", "nothing is answered through it", "relay4in6 probe", "pulumi up --refresh"],
      arrange: async () => {
        await internet.say(noGre.break);
        return () => internet.say(noGre.mend);
      },
    }),
  );
  await changeTo("ipip6");
  // By now it does answer, and carries: who takes it away at one end lets the other find it lost.
  await meanwhile("nobody wants it any more", async () => void (await pulumi.up("--refresh")), failover);
  const ends = [places.relay, places.home, places.home2];
  const left = await Promise.all(ends.map((end) => end.say("ls /sys/class/net | grep wrap.gre || true")));
  await report.add({
    name: "nothing of the new tunnel is left",
    ok: left.join("") === "",
    measured: left.join(" ").trim() || "nothing",
    expected: "nothing",
  });
  await changeTo("gre6");
  await meanwhile("a tunnel that gets through", async () => void (await pulumi.up()));
  await carriedBy(places, "wrap1gre", "wrap2gre");
  await changeTo("ipip6");
  await meanwhile("back to the tunnel before", async () => void (await pulumi.up()));
  await carriedBy(places, "wrap1", "wrap2");
}

async function changeTo(transport: TunnelKind): Promise<void> {
  await changeConfig((declared) => withTunnels(declared, { transport }));
}
