/**
 * Ratios of throughput, round-trip time and new connections: the tunnel against plain DNAT on the same two machines,
 * and against socat on both ends. All ways stand side by side and are measured in turn, A B C A B C, so that a busy
 * computer is busy for all of them; of each way the median counts.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { poll } from "../command.ts";
import { attemptIn, inNamespace } from "../network/namespaces.ts";
import { say } from "../progress.ts";
import { FIRST_PORT } from "./example.ts";
import type { Figure } from "./figures.ts";
import { median } from "./ratios.ts";
import { CLIENT, SERVER, startWays, stopWays, WAYS, type Way } from "./ways.ts";

const IPERF_PORT = FIRST_PORT;
const ECHO_PORT = FIRST_PORT + 1;
const EXCHANGE = fileURLToPath(new URL("exchange.ts", import.meta.url));

/** How often each way has its turn. */
const ROUNDS = 5;
/** Of one transfer. */
const SECONDS = 5;

type Sample = Record<"toHome" | "fromHome" | "roundTrip" | "connections", number>;

/** Boots the two machines, measures, and takes them away. @throws Error when a way does not carry anything */
export async function measureThroughput(): Promise<Figure[]> {
  await stopWays();
  const servers: ChildProcess[] = [];
  try {
    await startWays(IPERF_PORT, ECHO_PORT);
    servers.push(
      start(SERVER, "iperf3", ["-s", "-p", String(IPERF_PORT)]),
      start(SERVER, process.execPath, [EXCHANGE, "serve", String(ECHO_PORT)]),
    );
    const ways = Object.keys(WAYS) as Way[];
    for (const way of ways) await carries(way);
    const samples: Record<Way, Sample[]> = { tunnel: [], plain: [], socat: [] };
    for (let round = 1; round <= ROUNDS; round++) {
      for (const way of ways) samples[way].push(await sample(way));
      say(`throughput: round ${round} of ${ROUNDS}`);
    }
    return figures(samples);
  } finally {
    for (const server of servers) server.kill();
    await stopWays();
  }
}

function figures(samples: Readonly<Record<Way, readonly Sample[]>>): Figure[] {
  const medianOf = (way: Way, of: keyof Sample) => median(samples[way].map((one) => one[of]));
  const ratio = (of: keyof Sample, below: Way) => medianOf("tunnel", of) / medianOf(below, of);
  const figure = (name: string, value: number, unit: string, aim: string | null = null) => ({
    name,
    value,
    unit,
    aim,
  });
  return [
    figure("throughput to the home: tunnel ÷ plain DNAT", ratio("toHome", "plain"), "ratio", "≥ 0.95"),
    figure("throughput from the home: tunnel ÷ plain DNAT", ratio("fromHome", "plain"), "ratio", "≥ 0.95"),
    figure("throughput to the home: tunnel ÷ socat on both ends", ratio("toHome", "socat"), "ratio", "≥ 2"),
    figure(
      "throughput from the home: tunnel ÷ socat on both ends",
      ratio("fromHome", "socat"),
      "ratio",
      "≥ 2",
    ),
    figure(
      "added round-trip time: tunnel − plain DNAT",
      (medianOf("tunnel", "roundTrip") - medianOf("plain", "roundTrip")) * 1000,
      "ms",
    ),
    figure("new connections a second: tunnel ÷ plain DNAT", ratio("connections", "plain"), "ratio"),
    figure("new connections a second: tunnel ÷ socat on both ends", ratio("connections", "socat"), "ratio"),
    figure("throughput to the home by the tunnel, emulated", medianOf("tunnel", "toHome") / 1e6, "Mbit/s"),
    figure("new connections by the tunnel, emulated", medianOf("tunnel", "connections"), "1/s"),
  ];
}

async function sample(way: Way): Promise<Sample> {
  const { publicIpv4 } = WAYS[way];
  const exchange = async (what: string) =>
    JSON.parse(
      await inNamespace(CLIENT, process.execPath, [EXCHANGE, what, publicIpv4, String(ECHO_PORT)], {
        timeout: 60_000,
      }),
    ) as { seconds: number; perSecond: number };
  return {
    toHome: await transfer(publicIpv4, []),
    fromHome: await transfer(publicIpv4, ["-R"]),
    roundTrip: (await exchange("roundtrip")).seconds,
    connections: (await exchange("connect")).perSecond,
  };
}

/** @returns bits a second that arrived, without the first second */
async function transfer(publicIpv4: string, more: readonly string[]): Promise<number> {
  const args = ["-c", publicIpv4, "-p", String(IPERF_PORT), "-t", String(SECONDS), "-O", "1", "-J", ...more];
  const report = JSON.parse(await inNamespace(CLIENT, "iperf3", args, { timeout: 60_000 })) as {
    end: { sum_received: { bits_per_second: number } };
  };
  return report.end.sum_received.bits_per_second;
}

async function carries(way: Way): Promise<void> {
  const { publicIpv4 } = WAYS[way];
  await poll(`the way "${way}" to its server`, 30_000, async () => {
    const args = [EXCHANGE, "roundtrip", publicIpv4, String(ECHO_PORT)];
    const { status } = await attemptIn(CLIENT, process.execPath, args, { timeout: 10_000 });
    return status === 0 ? true : undefined;
  });
}

function start(namespace: string, command: string, args: readonly string[]): ChildProcess {
  // exec: killing the child ends the program itself.
  return spawn("ip", ["netns", "exec", namespace, command, ...args], { stdio: "ignore" });
}
