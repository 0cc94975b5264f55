/**
 * What a packet costs on the relay, in instructions, with the rules that `up` installs, compared with the
 * plainest thing that publishes a server: one iptables DNAT rule and no tunnel.
 */

import { runGuest } from "../guest/guest.ts";
import type { Figure } from "./figures.ts";
import { ensureCounterImage, guestFiles, MANY } from "./guest-files.ts";
import { median } from "./ratios.ts";

/** The relays that are measured: `plain` is the one DNAT rule, the others are ours. */
export type World = (typeof WORLDS)[number];
const WORLDS = ["plain", "relay-1", "relay-1-without-flow-table", "relay-1000"] as const;

/**
 * Towards the home, out of it, or the first packet of a new flow towards it. `wire` is `down` with the packet
 * generator at the relay's own wire, as such measurements are often made: the plain relay then has to copy each
 * packet that the generator still holds, which it does not do with a packet from its network card.
 */
export type Run = "down" | "wire" | "up" | "new";

/** Instructions of one packet on the relay. Sizes are bytes on the wire. */
export interface Cost {
  readonly world: World;
  readonly run: Run;
  readonly size: 64 | 1280;
  readonly instructions: number;
}

/**
 * Counts what packets cost on the relay. The same image gives the same counts within about half a percent,
 * also on a busy computer.
 *
 * @throws Error when the guest fails, loses a packet, or an established flow is not in the flow table
 */
export async function measureInstructions(worlds: readonly World[] = WORLDS): Promise<Cost[]> {
  const said = await runGuest(await ensureCounterImage(), await guestFiles(worlds));
  const faults = said.match(/^(FAULT|Error).*$/gm);
  if (faults) throw new Error(`The counting machine found: ${faults.join("; ")}`);
  for (const [, world, state] of said.matchAll(/^STATE (\S+) (.*)$/gm)) {
    const wanted = world === "relay-1" || world === "relay-1000" ? "[OFFLOAD]" : "[ASSURED]";
    if (!state?.includes(wanted)) throw new Error(`The flow of ${world} is not ${wanted}: ${state}`);
  }
  const totals = [...said.matchAll(/^FIGURE (\S+) (\S+) (\d+) packets (\d+) nanoseconds (\d+)$/gm)];
  const perPacket = Map.groupBy(totals, ([, world, run, size]) => `${world} ${run} ${size}`);
  const medianOf = (key: string) => {
    const counts = perPacket.get(key)?.map(([, , , , packets, ran]) => Number(ran) / Number(packets));
    if (counts === undefined) throw new Error(`The counting machine made no run "${key}".`);
    return median(counts);
  };
  return [...perPacket.keys()]
    .map((key) => key.split(" ") as [World, Run, string])
    .filter(([, run]) => !run.endsWith("-ingress"))
    .map(([world, run, size]) => ({
      world,
      run,
      size: Number(size) as Cost["size"],
      // What it takes to bring the packets to the relay is not the relay's.
      instructions: medianOf(`${world} ${run} ${size}`) - medianOf(`${world} ${run}-ingress ${size}`),
    }));
}

/** The counts as figures with their aims. */
export function instructionFigures(costs: readonly Cost[]): Figure[] {
  const cost = (world: World, run: Run, size: Cost["size"]) => {
    const found = costs.find((one) => one.world === world && one.run === run && one.size === size);
    if (found === undefined) throw new Error(`No count of ${world} ${run} ${size}.`);
    return found.instructions;
  };
  const ways = [
    { run: "down", size: 64, name: "established, to the home, 64 B" },
    { run: "down", size: 1280, name: "established, to the home, 1,280 B" },
    { run: "wire", size: 64, name: "established, to the home, generator at the wire, 64 B" },
    { run: "wire", size: 1280, name: "established, to the home, generator at the wire, 1,280 B" },
    { run: "up", size: 64, name: "established, from the home, 64 B" },
    { run: "up", size: 1280, name: "established, from the home, 1,280 B" },
    { run: "new", size: 64, name: "first packet of a flow, 64 B" },
  ] as const;
  const counts = (world: World, title: string) =>
    ways.map(({ run, size, name }) => ({
      name: `${title}: ${name}`,
      value: cost(world, run, size),
      unit: "instructions",
      aim: null,
    }));
  const ratios = (above: World, below: World, title: string, aims: Partial<Record<Run, string>>) =>
    ways.map(({ run, size, name }) => ({
      name: `${title}: ${name}`,
      value: cost(above, run, size) / cost(below, run, size),
      unit: "ratio",
      aim: aims[run] ?? null,
    }));
  return [
    ...counts("plain", "plain DNAT"),
    ...counts("relay-1", "relay"),
    ...ratios("relay-1", "plain", "relay ÷ plain DNAT", { down: "≤ 1", wire: "≤ 1", up: "≤ 1" }),
    ...ratios("relay-1-without-flow-table", "plain", "relay without flow table ÷ plain DNAT", {}),
    ...ratios("relay-1000", "relay-1", `${MANY.toLocaleString("en")} services ÷ 1 service`, {
      down: "≤ 1.01",
      wire: "≤ 1.01",
      up: "≤ 1.01",
      new: "≤ 1.1",
    }),
  ];
}
