/**
 * Proofs of `relay4in6 status`: it says of both homes what is so, counts what was transferred, and sees a home that is
 * cut off.
 */
import { join } from "node:path";
import type { StatusReport } from "../../src/cli/status/report.ts";
import { poll } from "../command.ts";
import { LAB } from "../places.ts";
import type { Place, Places } from "./places.ts";
import type { Report } from "./proof.ts";
import { CONFIG_FILE, type Pulumi, STACK } from "./stack.ts";

const PROGRAM = join(LAB, "../bin/relay4in6");

/** Bytes that port 5002 sends (answer.ts). */
const transfer = 100_000_000;
/** Seconds until a silent home is down: 60, an interval of the probe, and what a round takes on a busy host. */
const bound = 60 + 20 + 40;

/** What a client pulls through the whole-address service of the first home. */
const pull = (relay: string) => `socat -u -T60 TCP4:${relay}:5002 STDOUT | wc -c`;

/**
 * The proofs, on a lab that stands and whose servers run.
 *
 * @param relay the public address
 */
export async function proveStatus(
  report: Report,
  pulumi: Pulumi,
  places: Places,
  relay: string,
): Promise<void> {
  const outputs = await pulumi.run("stack", "output", "--json", "--stack", STACK);
  const file = await places.operator.say("mktemp");
  await places.operator.say(`cat >${file} <<'END'\n${outputs}\nEND`);
  const look = () => status(places.operator, file);
  try {
    await proveBoth(report, look);
    await proveBytes(report, places, relay, look);
    await proveSilence(report, places, look);
  } finally {
    await places.operator.attempt(`rm -f ${file}`);
  }
}

type Look = () => Promise<StatusReport>;

async function status(operator: Place, outputs: string): Promise<StatusReport> {
  const { stdout, stderr } = await operator.attempt(
    `'${process.execPath}' '${PROGRAM}' status --json --config '${CONFIG_FILE}' --outputs ${outputs}`,
    180,
  );
  if (!stdout.startsWith("{")) throw new Error(`status says: ${stdout}${stderr}`);
  return JSON.parse(stdout);
}

/** In one line: what has to be so of each home. */
function words({ homes }: StatusReport): string {
  return homes.map(({ home, state, machine }) => `${home} ${state}, drift ${machine.drift}`).join("; ");
}

async function proveBoth(report: Report, look: Look): Promise<void> {
  const expected = "haus up, drift none; zwei up, drift none";
  // The probe's first rounds may still be under way.
  const seen = await poll("status to find both homes up", 180_000, async () => {
    const now = await look();
    return words(now) === expected ? now : undefined;
  }).catch(look);
  await report.add({
    name: "status: both homes",
    ok: words(seen) === expected,
    measured: words(seen),
    expected,
  });
  const answering = seen.homes[0]?.services.find(({ service }) => service === "tcp 443")?.answering;
  await report.add({
    name: "status: a port that answers does",
    ok: answering?.open === 1,
    measured: `${answering?.open} of ${answering?.tried}`,
    expected: "1 of 1",
  });
}

/** The device counts headers and acknowledgements, too: a little more than the bytes themselves. */
async function proveBytes(report: Report, { client }: Places, relay: string, look: Look): Promise<void> {
  const before = (await look()).homes[0]?.fromHome?.bytes ?? 0;
  const received = Number(await client.say(pull(relay), 600));
  const after = (await look()).homes[0]?.fromHome?.bytes ?? 0;
  const counted = after - before;
  await report.add({
    name: "status: the bytes of a transfer are counted",
    ok: received === transfer && counted >= transfer && counted <= 1.1 * transfer,
    measured: `${counted} bytes from home, ${received} at the client`,
    expected: `${transfer} to ${1.1 * transfer} bytes`,
  });
}

/** The second home's way is cut on the relay: the probe says down in time, status with it, and up again once it is mended. */
async function proveSilence(report: Report, { relay }: Places, look: Look): Promise<void> {
  const filter = (verb: string) =>
    `ip6tables ${verb} OUTPUT -p 4 -d "$(cat /var/lib/relay4in6/wrap2)" -j DROP`;
  const stateIs = (state: string, milliseconds: number) =>
    poll(`the probe to find the home ${state}`, milliseconds, async () => {
      const { stdout } = await relay.attempt(
        `grep -q '"device":"wrap2","state":"${state}"' /run/relay4in6-status/status.json && echo yes || true`,
      );
      return stdout.trim() === "yes" ? true : undefined;
    }).catch(() => false);
  await relay.say(filter("-I"));
  const began = Date.now();
  let down: StatusReport | undefined;
  let seconds = 0;
  try {
    await stateIs("down", 240_000);
    seconds = Math.round((Date.now() - began) / 1000);
    down = await look();
  } finally {
    await relay.attempt(filter("-D"));
  }
  const states = down.homes.map(({ home, state }) => `${home} ${state}`).join(", ");
  await report.add({
    name: "status: a home that is cut off is down, the other up",
    ok: states === "haus up, zwei down" && down.verdict === "down" && seconds <= bound,
    measured: `${states} after ${seconds} s`,
    expected: `haus up, zwei down within ${bound} s`,
  });
  const again = await stateIs("up", 300_000);
  await report.add({
    name: "status: it is up again once it answers",
    ok: again,
    measured: again ? "up" : "down",
    expected: "up",
  });
}
