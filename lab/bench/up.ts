/**
 * What an `up` that changes nothing costs: the SSH connections that it makes, counted on the operator's wire, and its
 * time as a ratio to that of an empty program, both in turn on the same engine.
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { startLab, stopLab } from "../lab.ts";
import { OPERATOR } from "../network/internet.ts";
import { inNamespace } from "../network/namespaces.ts";
import { LAB } from "../places.ts";
import { say } from "../progress.ts";
import { configure, Pulumi, SERVICES, STACK } from "../proof/stack.ts";
import type { Figure } from "./figures.ts";
import { median } from "./ratios.ts";

/** How often each program has its turn. */
const ROUNDS = 5;

const EMPTY = join(LAB, "bench/empty");

/** Makes a lab with two homes, measures, and takes it away. @throws Error when an `up` changes anything */
export async function measureUp(): Promise<Figure[]> {
  try {
    const { homes, environment } = await startLab({ homes: ["openwrt", "debian"] });
    const relay = new Pulumi(environment);
    const empty = new Pulumi(environment, EMPTY);
    for (const program of [relay, empty]) await program.run("stack", "init", STACK);
    await configure(homes, SERVICES);
    for (const program of [relay, empty]) await program.up();
    await countConnections();
    const times = { relay: [] as number[], empty: [] as number[] };
    for (let round = 1; round <= ROUNDS; round++) {
      times.relay.push(await timed(relay));
      times.empty.push(await timed(empty));
      say(`up: round ${round} of ${ROUNDS}`);
    }
    const connections = (await connectionsMade()) / ROUNDS;
    return [
      {
        name: "SSH connections of an up that changes nothing ÷ ends",
        value: connections / (homes.length + 1),
        unit: "ratio",
        aim: "≤ 1",
      },
      {
        name: "time of an up that changes nothing ÷ of an empty program",
        value: median(times.relay) / median(times.empty),
        unit: "ratio",
        aim: "≤ 2",
      },
      { name: "time of an up that changes nothing", value: median(times.relay), unit: "s", aim: null },
    ];
  } finally {
    await rm(`${EMPTY}/Pulumi.${STACK}.yaml`, { force: true });
    await stopLab();
  }
}

async function timed(program: Pulumi): Promise<number> {
  const start = performance.now();
  await program.up("--expect-no-changes");
  return (performance.now() - start) / 1000;
}

/** A connection is a SYN to port 22 that leaves the operator. */
async function countConnections(): Promise<void> {
  await inNamespace(OPERATOR, "nft", ["-f", "-"], {
    input: `table inet bench {
      counter ssh { }
      chain output { type filter hook output priority 0; policy accept; tcp dport 22 tcp flags & (syn|ack) == syn counter name ssh; }
    }`,
  });
}

async function connectionsMade(): Promise<number> {
  const listed = await inNamespace(OPERATOR, "nft", ["-j", "list", "counter", "inet", "bench", "ssh"]);
  const { nftables } = JSON.parse(listed) as { nftables: { counter?: { packets: number } }[] };
  const packets = nftables.find(({ counter }) => counter !== undefined)?.counter?.packets;
  if (packets === undefined) throw new Error(`nft lists no counter: ${listed}`);
  return packets;
}
