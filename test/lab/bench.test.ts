import { beforeAll, describe, expect, it } from "vitest";
import { type Cost, measureInstructions } from "../../lab/bench/instructions.ts";

/**
 * What a packet costs on the relay ÷ what it costs one plain iptables DNAT rule without a tunnel, as counted on
 * Debian trixie's cloud kernel 6.12. Ratios, because a new kernel moves both sides.
 */
const RECORDED = [
  { run: "down", size: 64, ratio: 0.998 },
  { run: "down", size: 1280, ratio: 0.996 },
  // 0.04 of it is for looking whether a datagram has company: these have none.
  { run: "up", size: 64, ratio: 1.455 },
  { run: "up", size: 1280, ratio: 1.445 },
  // A tenth of it is for forged sources, the short time of a handshake and accounting.
  { run: "new", size: 64, ratio: 2.474 },
] as const;

/** The share by which a ratio may differ: thrice what it differs by from run to run, as the kernel tidies up when it likes. */
const TOLERANCE = 0.05;

let costs: Cost[];

beforeAll(async () => {
  costs = await measureInstructions(["plain", "relay-1", "relay-1000"]);
}, 900_000);

const instructions = (world: Cost["world"], run: Cost["run"], size: number): number => {
  const found = costs.find((cost) => cost.world === world && cost.run === run && cost.size === size);
  return found?.instructions ?? Number.NaN;
};

describe("a packet on the relay", () => {
  it.each(RECORDED)("costs $ratio of plain DNAT: $run, $size bytes", ({ run, size, ratio }) => {
    const measured = instructions("relay-1", run, size) / instructions("plain", run, size);
    expect(Math.abs(measured / ratio - 1), `measured ${measured}`).toBeLessThan(TOLERANCE);
  });

  it.each(RECORDED)("costs the same with 1,000 services: $run, $size bytes", ({ run, size }) => {
    const measured = instructions("relay-1000", run, size) / instructions("relay-1", run, size);
    expect(Math.abs(measured - 1), `measured ${measured}`).toBeLessThan(TOLERANCE);
  });
});
