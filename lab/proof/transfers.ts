/**
 * Transfers that run while something is changed or breaks: a TCP connection and an exchange of datagrams to each home.
 */
import { randomUUID } from "node:crypto";
import { readFile, rm, writeFile } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import { LAN } from "../network/topology.ts";
import { RUN } from "../places.ts";
import { step } from "../progress.ts";
import type { Place, Places } from "./places.ts";
import type { Report } from "./proof.ts";
import { python } from "./python.ts";
import { changeConfig, type Declared, type Pulumi } from "./stack.ts";

/** A connection, or an exchange of datagrams, and who has it with whom. */
export interface Transfer {
  readonly name: string;
  readonly kind: "tcp" | "udp";
  readonly from: Place;
  readonly address: string;
  readonly port: number;
}

/** The Debian home's port for both; the first home's are in its whole address and its range. */
const port2 = 7010;

/** Where they go: to the first home's two servers, and to the second home's. */
interface Servers {
  readonly server: string;
  readonly server2: string;
  readonly zwei: string;
}

function transfers(from: Place, { server, server2, zwei }: Servers, over = ""): Transfer[] {
  return [
    { name: `haus${over}`, kind: "tcp", from, address: server, port: 5001 },
    { name: `haus${over}`, kind: "udp", from, address: server2, port: 50005 },
    { name: `zwei${over}`, kind: "tcp", from, address: zwei, port: port2 },
    { name: `zwei${over}`, kind: "udp", from, address: zwei, port: port2 },
  ];
}

/** To the servers' own addresses. */
export function transfers6({ operator }: Places, servers: Servers): Transfer[] {
  return transfers(operator, servers, " over IPv6");
}

/** Gives the second home what they need, by an `up`, and starts what answers them there. */
export async function readyToTransfer(pulumi: Pulumi, home2: Place): Promise<void> {
  await startTicks(home2);
  await changeConfig(ticked);
  await step("pulumi up: what transfers need", () => pulumi.up());
}

/** With the service that the second home needs for them, once. */
function ticked({ services }: Declared): Partial<Declared> {
  const tick = { port: port2, protocol: "both", to: LAN.server, home: "zwei" };
  return { services: [tick, ...services.filter(({ port }) => port !== port2)] };
}

/** Starts what answers them there, as a unit, so that a reboot ends it. @param ipv6 an address of the server's, for that alone */
export async function startTicks(home2: Place, ipv6 = ""): Promise<void> {
  const program = await readFile(`${import.meta.dirname}/ticking.py`, "utf8");
  const unit = ipv6 === "" ? "ticking" : "ticking6";
  await home2.say(`systemctl is-active -q ${unit} || {
cat >/run/ticking.py <<'END_OF_PROGRAM'
${program}
END_OF_PROGRAM
systemd-run -q --unit=${unit} -- python3 /run/ticking.py ${port2} ${ipv6}
}`);
}

/** Seconds in which a lost path is left: 4 by design, and more on an emulated machine beside others. */
export const failover = 8;
/** Less than it takes to find a path lost, in seconds: so nobody had to. */
export const unnoticed = 4;

interface Told {
  answers: number;
  gap_s: number;
  error: string | null;
}

/**
 * Lets all of them run while something happens, and proves that none was silent for too long, nor ended. TCP waits twice
 * as long before it sends again what was lost another time (RFC 6298, 5.5): it may be silent for twice as long as the path.
 *
 * @param silence of the path, in seconds, that is too long
 * @param others beside those to the relay's public address
 */
export async function whileTransferring(
  report: Report,
  places: Places,
  relay: string,
  name: string,
  silence: number,
  work: () => Promise<void>,
  others: readonly Transfer[] = [],
): Promise<void> {
  const stop = `${RUN}/ticks-${randomUUID()}`;
  const servers = { server: relay, server2: relay, zwei: relay };
  const running = [...transfers(places.client, servers), ...others];
  const all = running.map(async ({ from, kind, address, port }) =>
    python(from, "ticks", [kind, address, port, stop], 1000),
  );
  // A command that fails is told below; meanwhile it is no error that nobody looks at.
  const settled = Promise.allSettled(all);
  try {
    await setTimeout(2000);
    await work();
    await setTimeout(2000);
  } finally {
    await writeFile(stop, "");
  }
  for (const [index, outcome] of (await settled).entries()) {
    const { name: home, kind } = running[index] as Transfer;
    const told: Told =
      outcome.status === "fulfilled"
        ? JSON.parse(outcome.value)
        : { answers: 0, gap_s: 0, error: String(outcome.reason) };
    const limit = kind === "tcp" ? 2 * silence : silence;
    await report.add({
      name: `${name}: ${kind === "tcp" ? "a connection" : "datagrams"} to ${home}`,
      ok: told.error === null && told.answers > 5 && told.gap_s < limit,
      measured: told.error ?? `${told.gap_s} s without an answer, ${told.answers} answers`,
      expected: `less than ${limit} s`,
    });
  }
  await rm(stop, { force: true });
}
