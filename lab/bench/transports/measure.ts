/**
 * Every transport, and what a user would take instead, in turn on one machine that counts its instructions. Each relay
 * and each home end is a place of its own there, whose work is told from all others'.
 */
import { runGuest } from "../../guest/guest.ts";
import { quantile, type Round } from "../ratios.ts";
import { type Effort, machineFilesOf, type Wires } from "./files.ts";
import { ensureTransportsImage } from "./image.ts";
import { WAYS, type Way } from "./ways.ts";

/**
 * What is known of a way. An end's work is counted in instructions; where it says "of the busier end", it is the relay's
 * or the home end's, whichever did more: two machines of equal speed can do no more than that one.
 */
export type Measure =
  /** Bytes for each instruction of the busier end. */
  | "toHome"
  | "fromHome"
  /** Instructions of the relay for each byte, the mean of both directions. */
  | "relayPerByte"
  /** Packets of 64 bytes for each instruction of the busier end, the mean of both directions. */
  | "packets"
  /** Instructions of the relay for each packet of 64 bytes. */
  | "relayPerPacketToHome"
  | "relayPerPacketFromHome"
  /** Connections for each instruction of the busier end. */
  | "connections"
  /** Seconds of the machine's time, all places included. */
  | "roundTrip"
  | "roundTripP99"
  /** Bytes a second of the machine's time, where the client is far away and the home's line loses packets. */
  | "impairedToHome"
  | "impairedFromHome";

export const WHOLE: Effort = {
  rounds: 3,
  bytes: 20_000_000,
  packets: 3200,
  connections: 200,
  exchanges: 500,
  impairedBytes: 30_000_000,
};
export const QUICK: Effort = {
  rounds: 1,
  bytes: 4_000_000,
  packets: 640,
  connections: 40,
  exchanges: 100,
  impairedBytes: 10_000_000,
};

/** The ways that are compared, plain DNAT among them. */
export const COMPARED = Object.keys(WAYS) as Way[];

/**
 * Boots two machines of one kind, one whose wires are whole and one whose wires are long and lose packets, and gives what
 * they measured: as each counts its own instructions, it takes no notice of the other.
 *
 * @throws Error when a way carries nothing, or a transfer fails
 */
export async function measureWays(effort: Effort, ways = COMPARED): Promise<Round<Way, Measure>[]> {
  const image = await ensureTransportsImage();
  const measure = async (wires: Wires) => runGuest(image, await machineFilesOf(ways, effort, wires), MINUTES);
  return readSamples((await Promise.all([measure("whole"), measure("impaired")])).join("\n"));
}

/** On a computer that is busy with other things. */
const MINUTES = 240;

/** One line of what the machine says. */
interface Sample {
  readonly what: string;
  /** Instructions. */
  readonly relay: number;
  readonly busier: number;
  readonly found: Found;
}

/** What came of it, as exchange.py says it. */
interface Found {
  /** That arrived. */
  readonly bytes?: number;
  /** That arrived. */
  readonly packets?: number;
  readonly made?: number;
  /** Each of what was asked for took. */
  readonly seconds?: number[];
}

const LINE = /^SAMPLE (\d+) (\S+) (\S+) relay (\d+) (\d+) home (\d+) (\d+) workers (\d+) (\d+) (.*)$/gm;

/**
 * Reads the machine's console.
 * @throws Error when it tells of a fault
 */
export function readSamples(said: string): Round<Way, Measure>[] {
  const faults = said.match(/^FAULT.*$/gm);
  if (faults) throw new Error(`The machine found: ${faults.join("; ")}`);
  const rounds = new Map<string, Map<Way, Sample[]>>();
  for (const line of said.matchAll(LINE)) {
    const [, round, way, what, ...rest] = line as unknown as [string, string, Way, string, ...string[]];
    const [relayBefore, relayAfter, homeBefore, homeAfter, workersBefore, workersAfter] = rest
      .slice(0, 6)
      .map(Number) as [number, number, number, number, number, number];
    const found = JSON.parse(rest[6] as string) as Found;
    // What one end encrypts the other decrypts, and both by the kernel's own threads.
    const shared = (workersAfter - workersBefore) / 2;
    // Control groups tell microseconds, of a thousand instructions each.
    const relay = (relayAfter - relayBefore) * 1000 + shared;
    const home = (homeAfter - homeBefore) * 1000 + shared;
    const ways = rounds.get(round) ?? new Map<Way, Sample[]>();
    rounds.set(round, ways);
    ways.set(way, [...(ways.get(way) ?? []), { what, relay, busier: Math.max(relay, home), found }]);
  }
  return [...rounds.values()].map(
    (ways) =>
      Object.fromEntries([...ways].map(([way, samples]) => [way, measuresOf(samples)])) as Round<
        Way,
        Measure
      >,
  );
}

function measuresOf(samples: readonly Sample[]): Partial<Record<Measure, number>> {
  const sample = (what: string) => samples.find((one) => one.what === what);
  const needed = (what: string) => {
    const found = sample(what);
    if (found === undefined) throw new Error(`The machine has no sample of ${what}.`);
    return found;
  };
  const bytes = ({ found }: Sample) => found.bytes ?? Number.NaN;
  const arrived = ({ found }: Sample) => found.packets ?? Number.NaN;
  const [toHome, fromHome] = [needed("toHome"), needed("fromHome")];
  const [smallToHome, smallFromHome] = [sample("smallToHome"), sample("smallFromHome")];
  const made = needed("connections");
  const trips = needed("roundTrip").found.seconds ?? [];
  const perSecond = (sample: Sample) => bytes(sample) / (sample.found.seconds?.[0] ?? Number.NaN);
  return {
    toHome: bytes(toHome) / toHome.busier,
    fromHome: bytes(fromHome) / fromHome.busier,
    relayPerByte: (toHome.relay / bytes(toHome) + fromHome.relay / bytes(fromHome)) / 2,
    ...(smallToHome && smallFromHome
      ? {
          packets:
            2 / (smallToHome.busier / arrived(smallToHome) + smallFromHome.busier / arrived(smallFromHome)),
          relayPerPacketToHome: smallToHome.relay / arrived(smallToHome),
          relayPerPacketFromHome: smallFromHome.relay / arrived(smallFromHome),
        }
      : {}),
    connections: (made.found.made ?? Number.NaN) / made.busier,
    roundTrip: quantile(trips, 0.5),
    roundTripP99: quantile(trips, 0.99),
    impairedToHome: perSecond(needed("impairedToHome")),
    impairedFromHome: perSecond(needed("impairedFromHome")),
  };
}
