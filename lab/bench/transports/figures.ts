/**
 * What was measured of the ways, as figures with their aims, and as a table of ratios to plain DNAT.
 */
import { columns, type Figure } from "../figures.ts";
import { median, type Round, ratio } from "../ratios.ts";
import type { Measure } from "./measure.ts";
import { WAYS, type Way } from "./ways.ts";

type Rounds = readonly Round<Way, Measure>[];

/** For people, in the order of the table's columns; with what a transport of the kernel's without encryption is to be. */
const MEASURES: Readonly<
  Record<Measure, { readonly name: string; readonly short: string; readonly aim?: string }>
> = {
  toHome: { name: "throughput to the home", short: "to home", aim: "≥ 0.95" },
  fromHome: { name: "throughput from the home", short: "from home", aim: "≥ 0.95" },
  relayPerByte: { name: "CPU of the relay for each GB", short: "CPU/GB" },
  relayPerPacketToHome: {
    name: "instructions of the relay for a packet to the home, 64 B",
    short: "instr. to",
    aim: "≤ 1",
  },
  relayPerPacketFromHome: {
    name: "instructions of the relay for a packet from the home, 64 B",
    short: "instr. from",
    aim: "≤ 1",
  },
  packets: { name: "packets of 64 B a second", short: "packets/s" },
  connections: { name: "new connections a second", short: "conn./s" },
  roundTrip: { name: "round trip, median", short: "RTT p50" },
  roundTripP99: { name: "round trip, 99th percentile", short: "RTT p99" },
  impairedToHome: { name: "throughput to the home, far away over a line that loses 1 %", short: "lossy to" },
  impairedFromHome: {
    name: "throughput from the home, far away over a line that loses 1 %",
    short: "lossy from",
  },
};

/** The transports that have aims: the kernel's, without encryption. */
const FAST: readonly Way[] = ["ipip6", "gre6"];
const PLAIN: Way = "plain";

/** Every ratio, and the aims. @param title what stands before each name, so that runs of different length differ */
export function transportFigures(rounds: Rounds, title: string): Figure[] {
  const ways = waysOf(rounds);
  const measures = Object.keys(MEASURES) as Measure[];
  const figure = (
    name: string,
    value: number | undefined,
    unit: string,
    aim: string | null = null,
  ): Figure[] => (value === undefined ? [] : [{ name: `${title}: ${name}`, value, unit, aim }]);
  const others = ways.filter((way) => way !== PLAIN);
  const toPlain = others.flatMap((way) =>
    measures.flatMap((measure) => {
      const { name, aim } = MEASURES[measure];
      return figure(
        `${name}, ${WAYS[way].title} ÷ plain DNAT`,
        ratio(rounds, measure, way, PLAIN),
        "ratio",
        FAST.includes(way) ? (aim ?? null) : null,
      );
    }),
  );
  const added = others.flatMap((way) =>
    (["roundTrip", "roundTripP99"] as const).flatMap((measure) =>
      figure(
        `added ${MEASURES[measure].name}, ${WAYS[way].title}`,
        addedMicroseconds(rounds, measure, way),
        "µs",
      ),
    ),
  );
  const ahead = FAST.filter((way) => ways.includes(way)).flatMap((way) =>
    ways
      .filter((peer) => WAYS[peer].peer)
      .flatMap((peer) => [
        ...(["toHome", "fromHome"] as const).flatMap((measure) =>
          figure(
            `${MEASURES[measure].name}, ${WAYS[way].title} ÷ ${WAYS[peer].title}`,
            ratio(rounds, measure, way, peer),
            "ratio",
            "≥ 3",
          ),
        ),
        ...figure(
          `${MEASURES.relayPerByte.name}, ${WAYS[peer].title} ÷ ${WAYS[way].title}`,
          ratio(rounds, "relayPerByte", peer, way),
          "ratio",
          "≥ 3",
        ),
      ]),
  );
  const counted = figure(
    "instructions of the relay for a packet to the home, 64 B, plain DNAT",
    medianOf(rounds, "relayPerPacketToHome", PLAIN),
    "instructions",
  );
  return [...toPlain, ...added, ...ahead, ...counted];
}

/** Ratios to plain DNAT, a line for each way: for the terminal. */
export function transportTable(rounds: Rounds): string {
  const measures = Object.keys(MEASURES) as Measure[];
  return columns([
    ["÷ plain DNAT", ...measures.map((measure) => MEASURES[measure].short)],
    ...waysOf(rounds).map((way) => [
      WAYS[way].title,
      ...measures.map((measure) => ratio(rounds, measure, way, PLAIN)?.toFixed(2) ?? "–"),
    ]),
  ]);
}

/** One way's place in the chart. */
export interface Bar {
  readonly way: string;
  readonly whose: "relay4in6" | "other";
  readonly panel: string;
  /** ÷ plain DNAT. */
  readonly ratio: number;
}

/** What the chart shows: throughput, CPU, and instructions for a small packet; ours and others, plain DNAT is 1. */
export function bars(rounds: Rounds): Bar[] {
  const panels: [Measure, string][] = [
    ["toHome", "Throughput to the home (more is better)"],
    ["fromHome", "Throughput from the home (more is better)"],
    ["relayPerByte", "Relay CPU for each GB (less is better)"],
    ["relayPerPacketToHome", "Relay instructions, 64-byte packet to home (less is better)"],
    ["impairedToHome", "Throughput to a home far away that loses 1 % (more is better)"],
    ["impairedFromHome", "Throughput from a home far away that loses 1 % (more is better)"],
  ];
  return panels.flatMap(([measure, panel]) =>
    waysOf(rounds).flatMap((way) => {
      const value = way === PLAIN ? undefined : ratio(rounds, measure, way, PLAIN);
      return value === undefined
        ? []
        : [
            {
              way: WAYS[way].title,
              whose: WAYS[way].ours ? "relay4in6" : "other",
              panel,
              ratio: value,
            } as const,
          ];
    }),
  );
}

function waysOf(rounds: Rounds): Way[] {
  return Object.keys(rounds[0] ?? {}) as Way[];
}

function medianOf(rounds: Rounds, measure: Measure, way: Way): number | undefined {
  const values = rounds.flatMap((round) => round[way][measure] ?? []);
  return values.length === 0 ? undefined : median(values);
}

function addedMicroseconds(rounds: Rounds, measure: Measure, way: Way): number | undefined {
  const [own, plain] = [medianOf(rounds, measure, way), medianOf(rounds, measure, PLAIN)];
  return own === undefined || plain === undefined ? undefined : (own - plain) * 1e6;
}
