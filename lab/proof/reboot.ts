/**
 * Every end boots, and what `up` has set up is there again without anybody's help.
 */
import { poll } from "../command.ts";
import { BOOT_LIMIT } from "../machine/index.ts";
import { step } from "../progress.ts";
import { tcp } from "./asking.ts";
import type { Place, Places } from "./places.ts";
import { startDebianServers } from "./servers.ts";

/** Reboots relay, router and Debian home at once, as when the power is lost, and waits until both homes answer at the public address. */
export async function rebootAll(places: Places, publicIpv4: string): Promise<void> {
  await step("Relay, router and Debian home reboot", async () => {
    await Promise.all([places.relay, places.home, places.home2].map(reboot));
    await startDebianServers(places.home2);
    for (const port of [443, 8080]) {
      await poll(`port ${port} after the reboot`, BOOT_LIMIT, () =>
        answers(places.client, tcp(publicIpv4, port, { seconds: 8 })),
      );
    }
  });
}

/** For polling: whether a command has an answer at a place. */
export async function answers(place: Place, command: string): Promise<true | undefined> {
  const { status, stdout } = await place.attempt(command);
  return status === 0 && stdout !== "" ? true : undefined;
}

/** A machine that came back has another boot id. */
async function reboot(place: Place): Promise<void> {
  const id = "cat /proc/sys/kernel/random/boot_id";
  const before = await place.say(id);
  await place.say("sync; (sleep 3; reboot) >/dev/null 2>&1 &");
  await poll("a machine to come back", BOOT_LIMIT, async () => {
    const { status, stdout } = await place.attempt(id);
    return status === 0 && stdout.trim() !== before ? true : undefined;
  });
}
