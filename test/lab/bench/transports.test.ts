import { expect, test } from "vitest";
import { meetsAim } from "../../../lab/bench/figures.ts";
import { chart } from "../../../lab/bench/transports/chart.ts";
import { bars, transportFigures, transportTable } from "../../../lab/bench/transports/figures.ts";
import { readSamples } from "../../../lab/bench/transports/measure.ts";
import { endsOf, filesOfEnds } from "../../../lab/bench/transports/relays.ts";
import { homesOf, placeOf, WAYS, type Way } from "../../../lab/bench/transports/ways.ts";

const ways = Object.keys(WAYS) as Way[];

/** What the machine says of a way whose ends do so many µs of work for everything, and the workers so many ns. */
function said(way: Way, relay: number, home: number, workers = 0): string {
  const line = (what: string, found: object) =>
    `SAMPLE 1 ${way} ${what} relay 1000 ${1000 + relay} home 50 ${50 + home} workers 7 ${7 + workers} ${JSON.stringify(found)}\n`;
  const bulk = { bytes: 1_000_000, seconds: [1] };
  const small = { packets: 100 };
  return [
    "a word of the kernel's\n",
    line("toHome", bulk),
    line("fromHome", bulk),
    WAYS[way].udp === false ? "" : line("smallToHome", small) + line("smallFromHome", small),
    line("connections", { made: 50 }),
    line("roundTrip", { seconds: [0.003, 0.001, 0.002] }),
    line("impairedToHome", { ...bulk, seconds: [relay / 1000] }),
    line("impairedFromHome", { ...bulk, seconds: [home / 1000] }),
  ].join("");
}

test("work is told in instructions: microseconds of a thousand each, and half of what the workers did", () => {
  const [round] = readSamples(said("plain", 2000, 1000, 1_000_000));
  expect(round?.plain).toEqual({
    // The relay is the busier end: 2,000 µs and half a million.
    toHome: 1_000_000 / 2_500_000,
    fromHome: 1_000_000 / 2_500_000,
    relayPerByte: 2.5,
    packets: 100 / 2_500_000,
    relayPerPacketToHome: 25_000,
    relayPerPacketFromHome: 25_000,
    connections: 50 / 2_500_000,
    roundTrip: 0.002,
    roundTripP99: 0.003,
    impairedToHome: 500_000,
    impairedFromHome: 1_000_000,
  });
});

test("the busier end decides, the relay's CPU is its own", () => {
  const [round] = readSamples(said("frp", 1000, 4000));
  expect(round?.frp.toHome).toBe(1_000_000 / 4_000_000);
  expect(round?.frp.relayPerByte).toBe(1);
});

test("a fault and a sample that is missing are no figures", () => {
  expect(() => readSamples(`${said("plain", 1, 1)}FAULT nothing comes back by frp\n`)).toThrow("by frp");
  expect(() => readSamples(said("plain", 1, 1).replace(" connections ", " other "))).toThrow("connections");
});

const rounds = readSamples(
  said("plain", 1000, 500) + said("ipip6", 1100, 500) + said("proxy", 2000, 500) + said("frp", 9000, 9000),
);

test("figures have the aims of those that have any, and no figure of what was not measured", () => {
  const figures = transportFigures(rounds, "transports");
  const named = (part: string) => figures.filter(({ name }) => name.includes(part));
  const [throughput] = named("throughput to the home, ipip6 ÷ plain DNAT");
  expect(throughput).toMatchObject({ unit: "ratio", aim: "≥ 0.95" });
  expect(throughput?.value).toBeCloseTo(1000 / 1100);
  expect(throughput && meetsAim(throughput)).toBe(false);
  expect(named("CPU of the relay for each GB, frp ÷ ipip6")[0]?.value).toBeCloseTo(9000 / 1100);
  expect(named("throughput to the home, proxy ÷ plain DNAT")[0]?.aim).toBeNull();
  expect(named("64 B, proxy")).toEqual([]);
  expect(new Set(figures.map(({ name }) => name)).size).toBe(figures.length);
});

test("the table has a line for each way, and a dash for what it has not", () => {
  const lines = transportTable(rounds).split("\n");
  expect(lines).toHaveLength(5);
  expect(lines.find((line) => line.startsWith("proxy"))).toMatch(/ – +– +– /);
  expect(lines.find((line) => line.startsWith("plain"))).toMatch(/ 1\.00 +1\.00/);
});

test("the chart shows ours and others, plain DNAT as 1, and on what it was measured", async () => {
  const shown = bars(rounds);
  expect(new Set(shown.map(({ way, whose }) => `${way} ${whose}`))).toEqual(
    new Set(["ipip6 relay4in6", "proxy relay4in6", "frp other"]),
  );
  expect(new Set(shown.map(({ panel }) => panel)).size).toBe(6);
  const svg = await chart(shown, "On paper, 1990-01-01");
  expect(svg).toMatch(/^<svg [^]*<\/svg>\n$/);
  for (const text of ["ipip6", "frp", "On paper, 1990-01-01", "0.91"]) expect(svg).toContain(`>${text}<`);
});

test("each way has addresses of its own; only those that need but a router share one", () => {
  const places = ways.map(placeOf);
  expect(new Set(places.map(({ publicIpv4 }) => publicIpv4)).size).toBe(ways.length);
  expect(new Set(places.map(({ relayPrefix }) => relayPrefix)).size).toBe(ways.length);
  const shared = homesOf(ways).filter(([, led]) => led.length > 1);
  expect(shared).toHaveLength(1);
  expect(shared[0]?.[1].every((way) => WAYS[way].router)).toBe(true);
});

test.each(ways.filter((way) => WAYS[way].ours))("%s is rendered for both ends", (way) => {
  const { ours } = WAYS[way];
  const ends = endsOf(ours as NonNullable<typeof ours>, placeOf(way), 10_001);
  const files = filesOfEnds(ends, "/b");
  expect(Object.keys(files.relay)).toContain("/b/relay/etc/relay4in6/rules");
  expect(ends.home !== undefined).toBe(ends.tunnel !== undefined);
  if (ends.tunnel)
    expect(Object.keys(files.home)).toContain(`/b/home/etc/relay4in6/link-${ends.tunnel.device}`);
});
