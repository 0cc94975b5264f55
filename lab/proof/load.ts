/**
 * `npm run lab -- load`: what the relay does under many connections, on a lab that stands. On demand, as it takes
 * minutes on emulated machines.
 */
import { setTimeout } from "node:timers/promises";
import { poll } from "../command.ts";
import { readLab } from "../lab.ts";
import { say, step } from "../progress.ts";
import { type Place, type Places } from "./places.ts";
import { Report } from "./proof.ts";
import { python } from "./python.ts";
import { configure, Pulumi, SERVICES, type ServiceConfig } from "./stack.ts";

/** The service that is flooded: its rate in new connections a second. */
const rate = 50;
const floodSeconds = 20;
const limited: readonly ServiceConfig[] = SERVICES.map((service) =>
  service["port"] === 8443 ? { ...service, rate } : service,
);

interface Told {
  tried: number;
  connected: number;
  answered: number;
  reset: number;
  slowest_ms: number;
}

/**
 * Connections by the thousand, then a flood of one service while another one is used.
 *
 * @param count connections at once @default 10000
 * @returns whether every proof held
 */
export async function proveLoad(places: Places, count = 10_000): Promise<boolean> {
  const { homes, environment } = await readLab();
  const pulumi = new Pulumi(environment);
  const report = new Report();
  const up = async (services: readonly ServiceConfig[]) => {
    await configure(homes, services);
    await pulumi.up();
  };
  await step(`A service with a rate of ${rate} new connections a second`, () => up(limited));
  const { publicIpv4 } = await pulumi.outputs();
  // A router of little memory holds fewer connections than are tried here, and it is the relay that is proved.
  const before = await places.home.say("cat /proc/sys/net/netfilter/nf_conntrack_max");
  await places.home.say("echo 65536 >/proc/sys/net/netfilter/nf_conntrack_max");
  const quiet = await traces(places.relay);
  try {
    await manyAtOnce(report, places, publicIpv4, count);
    await flooded(report, places, publicIpv4);
    const { log, disk } = await traces(places.relay);
    await report.add({
      name: "the relay's log and disk use stay flat",
      ok: log - quiet.log < 100 && disk - quiet.disk < 1024,
      measured: `${log - quiet.log} lines, ${disk - quiet.disk} kB`,
      expected: "fewer than 100 lines and 1024 kB more",
    });
  } finally {
    await step("Without the rate again", () => up(SERVICES));
    // A table that is fuller than it may be takes no connection, ours neither.
    await poll("the router to forget the connections", 600_000, async () =>
      Number(await places.home.say("cat /proc/sys/net/netfilter/nf_conntrack_count")) < Number(before) / 2
        ? true
        : undefined,
    );
    await places.home.say(`echo ${before} >/proc/sys/net/netfilter/nf_conntrack_max`);
  }
  return report.failed === 0;
}

async function manyAtOnce(report: Report, places: Places, address: string, count: number): Promise<void> {
  // Port 5003 counts what it is sent until the client has ended, so that all are open at once.
  const open = python(places.client, "flood", ["hold", address, 5003, count], 900);
  let most = 0;
  let isDone = false;
  const watch = (async () => {
    while (!isDone) {
      most = Math.max(most, Number((await filling(places.relay)).split("/")[0]));
      await setTimeout(1000);
    }
  })();
  const { answered, reset, slowest_ms }: Told = JSON.parse(await open.finally(() => (isDone = true)));
  await watch;
  say(
    `The slowest took ${slowest_ms} ms from its SYN to its answer; the relay's table held ${most} entries.`,
  );
  await report.add({
    name: `${count} connections at once through the relay, none reset`,
    ok: answered === count && reset === 0,
    measured: `${answered} answered, ${reset} reset`,
    expected: `${count} answered, 0 reset`,
  });
}

async function flooded(report: Report, places: Places, address: string): Promise<void> {
  const before = Number((await filling(places.relay)).split("/")[0]);
  const [steady, flood] = (
    await Promise.all([
      python(places.client, "flood", ["rate", address, 443, 2, floodSeconds], 300),
      python(places.client, "flood", ["rate", address, 8443, 5 * rate, floodSeconds], 300),
    ])
  ).map((text) => JSON.parse(text) as Told) as [Told, Told];
  const most = 2 * rate + rate * (floodSeconds + 10);
  await report.add({
    name: `a service flooded at five times its rate of ${rate} a second lets that many through`,
    ok: flood.answered <= most && flood.answered >= rate,
    measured: `${flood.answered} of ${flood.tried}`,
    expected: `at most ${most}`,
  });
  await report.add({
    name: "another service answers meanwhile",
    ok: steady.tried > 0 && steady.answered === steady.tried,
    measured: `${steady.answered} of ${steady.tried}, the slowest in ${steady.slowest_ms} ms`,
    expected: "all of them",
  });
  const after = await filling(places.relay);
  await report.add({
    name: "what was dropped fills no table",
    ok: Number(after.split("/")[0]) - before <= most + steady.tried + 100,
    measured: `${before} entries before, ${after} after`,
    expected: `at most ${most} more`,
  });
}

/** Entries of the relay's table of connections, and how many it can hold. */
function filling(relay: Place): Promise<string> {
  return relay.say(
    'echo "$(cat /proc/sys/net/netfilter/nf_conntrack_count)/$(cat /proc/sys/net/netfilter/nf_conntrack_max)"',
  );
}

/** Without the logins by which it is looked at. */
async function traces(relay: Place): Promise<{ log: number; disk: number }> {
  const text = await relay.say(
    "journalctl -q --no-pager | grep -vc sshd; du -sk /var/log /run/log /var/lib/relay4in6 2>/dev/null | awk '{ sum += $1 } END { print sum }'",
  );
  const [log = 0, disk = 0] = text.split("\n").map(Number);
  return { log, disk };
}
