/**
 * Proofs of a prefix that changes: the ISP delegates another one, and nobody does anything.
 */
import { poll } from "../command.ts";
import { readLab } from "../lab.ts";
import type { Home } from "../network/topology.ts";
import { renumber } from "../renumber.ts";
import { tcp } from "./asking.ts";
import type { Place, Places } from "./places.ts";
import type { Report } from "./proof.ts";

/** Seconds that the traffic may take to flow again once the home's IPv6 is back. */
const BOUND = 30;

/** A public port of each home, in the homes' order: what SERVICES has there. */
const PORTS = [443, 8080];

/**
 * Renumbers each home once and measures from the moment its new prefix is on its LAN to the first new connection from
 * the client.
 *
 * @param address the public address
 */
export async function proveFollow(
  report: Report,
  places: Places,
  homes: readonly Home[],
  address: string,
): Promise<void> {
  const lab = await readLab();
  for (const [index, home] of homes.entries()) {
    const place = index === 0 ? places.home : places.home2;
    const port = PORTS[index];
    if (port === undefined || home.kind === "none") continue;
    const prefix = (await renumber(lab, home.name)).replace(/::\/\d+$/, ":");
    await poll(`the new prefix of ${home.name}`, 180_000, () => has(place, prefix));
    const back = performance.now();
    const took = await poll(`port ${port} of ${home.name}`, 180_000, async () => {
      const { status, stdout } = await places.client.attempt(tcp(address, port));
      return status === 0 && stdout !== "" ? (performance.now() - back) / 1000 : undefined;
    }).catch(() => undefined);
    await report.add({
      name: `another prefix of the ${home.kind} home: traffic flows again by itself`,
      ok: took !== undefined && took <= BOUND,
      measured: took === undefined ? "not within 180 s" : `${took.toFixed(0)} s after its IPv6 was back`,
      expected: `at most ${BOUND} s after its IPv6 was back`,
    });
  }
}

/** Whether an address of that prefix is on the machine. */
async function has(place: Place, prefix: string): Promise<true | undefined> {
  const { status, stdout } = await place.attempt("ip -6 addr show scope global", 20);
  return status === 0 && stdout.includes(` ${prefix}`) ? true : undefined;
}
