/**
 * Proofs of a prefix that changes: the ISP delegates another one, and nobody does anything.
 */
import { poll } from "../command.ts";
import { readLab } from "../lab.ts";
import type { Home } from "../network/topology.ts";
import { step } from "../progress.ts";
import { renumber } from "../renumber.ts";
import { tcp } from "./asking.ts";
import type { Place, Places } from "./places.ts";
import type { Report } from "./proof.ts";
import { changeConfig, type Pulumi } from "./stack.ts";

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
  for (const [index, home] of homes.entries()) {
    const place = index === 0 ? places.home : places.home2;
    const port = PORTS[index];
    if (port === undefined || home.kind === "none") continue;
    await proveMove(report, places.client, { home, place, port, address });
  }
}

/**
 * The same of a home that says nothing, and whose name the relay asks for. The relay's hosts(5) stands for a DNS
 * provider that the home's router tells at once.
 */
export async function proveFollowByName(
  report: Report,
  pulumi: Pulumi,
  places: Places,
  home: Home,
  address: string,
): Promise<void> {
  const name = "zwei.example";
  const [place, port] = [places.home2, 8080];
  const writeName = async (prefix: string) =>
    places.relay.say(`sed -i '/ ${name}$/d' /etc/hosts; echo '${prefix}:1 ${name}' >>/etc/hosts`);
  await writeName(`${await place.say("cut -d : -f 1-3 /var/lib/relay4in6/endpoint")}:`);
  await changeConfig(({ homes }) => ({
    homes: homes.map((each) => (each.name === "zwei" ? { ...each, follow: { dns: name } } : each)),
  }));
  await step("pulumi up: the relay follows the Debian home by its name", () => pulumi.up());
  const tells = await place.say(
    "systemctl is-active relay4in6-follow; ls /etc/relay4in6/known_hosts 2>&1 || true",
  );
  await report.add({
    name: "a home that is followed by its name tells the relay nothing",
    ok: tells.includes("No such file"),
    measured: tells.replace("\n", "; "),
    expected: "no key of the relay's",
  });
  await proveMove(report, places.client, { home, place, port, address, moved: writeName });
  await changeConfig(({ homes }) => ({
    homes: homes.map(({ follow, ...each }) => each),
  }));
  await step("pulumi up: the home says itself where it is, again", () => pulumi.up());
}

/** @param move `moved` is told the new prefix, without its last colon, once it is on the home */
async function proveMove(
  report: Report,
  client: Place,
  move: {
    home: Home;
    place: Place;
    port: number;
    address: string;
    moved?: (prefix: string) => Promise<unknown>;
  },
): Promise<void> {
  const { home, place, port, address, moved } = move;
  const prefix = (await renumber(await readLab(), home.name)).replace(/::\/\d+$/, ":");
  await poll(`the new prefix of ${home.name}`, 180_000, () => has(place, prefix));
  await moved?.(prefix);
  const back = performance.now();
  const took = await poll(`port ${port} of ${home.name}`, 180_000, async () => {
    const { status, stdout } = await client.attempt(tcp(address, port, { seconds: 8 }));
    return status === 0 && stdout !== "" ? (performance.now() - back) / 1000 : undefined;
  }).catch(() => undefined);
  const way = moved === undefined ? "by itself" : "by its name";
  await report.add({
    name: `another prefix of the ${home.kind} home: traffic flows again ${way}`,
    ok: took !== undefined && took <= BOUND,
    measured: took === undefined ? "not within 180 s" : `${took.toFixed(0)} s after its IPv6 was back`,
    expected: `at most ${BOUND} s after its IPv6 was back`,
  });
}

/** Whether an address of that prefix is on the machine. */
async function has(place: Place, prefix: string): Promise<true | undefined> {
  const { status, stdout } = await place.attempt("ip -6 addr show scope global", 20);
  return status === 0 && stdout.includes(` ${prefix}`) ? true : undefined;
}
