import { VisibleError } from "../errors.ts";
import type { Choice } from "../transports/candidates.ts";
import { type Ends, endsOf, type Sessions } from "./ends.ts";
import type { Outcome } from "./outcome.ts";
import { onOtherPort, type ProbedTunnel } from "./probedTunnel.ts";
import { patience, type Side } from "./script.ts";

/** Bytes of an IPv4 and an ICMP header: what an echo request has beside its payload. */
const headers = 28;
/** Payload of the small packets, as ping has it. */
const small = 56;
/** Seconds between two tries while another probe has an end, and in all: one that was broken off is over by then. */
const turn = { pause: 3, most: patience + 30 };
/** Rounds of echo requests until one is answered: a line may lose a packet. */
const rounds = 3;
/** The same of a tunnel that shakes hands first: WireGuard tries again after 5 s (the WireGuard paper, 6.1). */
const shakingHands = 5;

/** How a probe is to behave. */
export interface ProbeOptions {
  /** Whether an end may install packages that it lacks. @default false */
  install?: boolean;
}

/**
 * Tries one transport between a home and the relay: with a tunnel of its own for some seconds, or, where the home has
 * this very tunnel now, through that. Nothing of it stays, but for packages that it was let install.
 *
 * @throws VisibleError when an end is lost meanwhile, the ends take the probe back by themselves then; or when somebody
 * else's probes have an end for too long, which says nothing of this transport
 */
export async function probe(
  sessions: Sessions,
  tunnel: ProbedTunnel,
  choice: Choice,
  { install = false }: ProbeOptions = {},
): Promise<Outcome> {
  const ends = endsOf(sessions, tunnel);
  const failed = (says: string, more: Partial<Outcome> = {}): Outcome => ({
    ...choice,
    works: false,
    says,
    ...more,
  });
  const looks = await Promise.all([look(ends, "home"), look(ends, "relay")]);
  if (looks.every(({ used }) => used)) {
    const { device, inner } = tunnel.planned;
    return { ...choice, ...(await cross(ends, tunnel, { device, inner })), inUse: true };
  }
  for (const { side, lacks } of looks) {
    if (lacks.length === 0) continue;
    const isInstallable = lacks.every((each) => !each.includes(" "));
    const says = `${nameOf(tunnel, side)} has no ${lacks.join(", no ")}`;
    if (!install || !isInstallable) return failed(says, isInstallable ? { lacks: true } : {});
    const { failure } = await ends.tell(side, "install");
    if (failure !== undefined) return failed(`${says}, and cannot install it: ${failure}`);
  }
  const begun: [Side, string][] = [];
  try {
    const made = await make(sessions, tunnel, ends, begun);
    if (made.failure !== undefined) return failed(made.failure);
    const { device, inner } = tunnel.probed;
    return { ...choice, ...(await crossBoth(made.ends, tunnel, { device, inner })) };
  } finally {
    // An end that is lost takes it back by itself.
    await Promise.allSettled(begun.map(([side, token]) => ends.tell(side, "finish", token)));
  }
}

async function look(ends: Ends, side: Side) {
  const { lines } = await ends.tell(side, "look");
  return {
    side,
    used: lines.includes("used"),
    lacks: lines.filter((line) => line.startsWith("lacks ")).map((line) => line.slice("lacks ".length)),
  };
}

/**
 * The probe's tunnel on both ends: the relay first, whose port may be taken.
 *
 * @param begun takes each end on which a probe has begun, and the token that ends it
 */
async function make(
  sessions: Sessions,
  tunnel: ProbedTunnel,
  first: Ends,
  begun: [Side, string][],
): Promise<{ ends: Ends; failure?: string }> {
  let ends = first;
  let relay = await begin(ends, tunnel, "relay", begun);
  if (/in use/i.test(relay.failure ?? "")) {
    ends = endsOf(sessions, onOtherPort(tunnel));
    relay = await begin(ends, tunnel, "relay", begun);
  }
  const failure = (side: Side, why: string) => ({
    ends,
    failure: `${nameOf(tunnel, side)} cannot make the tunnel: ${why}`,
  });
  if (relay.failure !== undefined) return failure("relay", relay.failure);
  const home = await begin(ends, tunnel, "home", begun);
  if (home.failure !== undefined) return failure("home", home.failure);
  if (relay.key === undefined || home.key === undefined) return { ends };
  const met = [await ends.tell("relay", "meet", home.key), await ends.tell("home", "meet", relay.key)];
  const unmet = met.find((each) => each.failure !== undefined)?.failure;
  return unmet === undefined ? { ends } : failure("relay", unmet);
}

/** Waits for its turn: two probes on one end would be in each other's way. */
async function begin(
  ends: Ends,
  { planned }: ProbedTunnel,
  side: Side,
  begun: [Side, string][],
): Promise<{ failure?: string; key?: string }> {
  for (let waited = 0; ; waited += turn.pause) {
    const { lines, failure } = await ends.tell(side, "begin");
    // It has taken back what it had done.
    if (failure !== undefined) return { failure };
    const said = (word: string) => lines.find((line) => line.startsWith(`${word} `))?.slice(word.length + 1);
    const [token, key] = [said("token"), said("key")];
    if (token !== undefined) {
      begun.push([side, token]);
      return key === undefined ? {} : { key };
    }
    if (waited >= turn.most)
      throw new VisibleError({
        key: side === "relay" ? "relay" : planned.home,
        problem: `is being probed by somebody else, for ${turn.most} seconds now`,
        cure: "wait until that is over, then run again",
      });
    await new Promise((resolve) => setTimeout(resolve, turn.pause * 1000));
  }
}

/** The device that is asked through, and the addresses at its two ends. */
interface Way {
  device: string;
  inner: Readonly<Record<Side, string>>;
}

/** IPv4, and where it is wanted IPv6: on the way, what carries the one may be told from what carries the other. */
async function crossBoth(
  ends: Ends,
  tunnel: ProbedTunnel,
  way: Way,
): Promise<Pick<Outcome, "works" | "says">> {
  const over4 = await cross(ends, tunnel, way);
  const { inner6 } = tunnel;
  if (!over4.works || inner6 === undefined) return over4;
  // Of this device: each has such addresses (RFC 4007, 11).
  const zoned = (side: Side) => `${inner6[side]}%${way.device}`;
  const way6 = { ...way, inner: { home: zoned("home"), relay: zoned("relay") } };
  for (const from of ["home", "relay"] as const) {
    const lost = await leg(ends, tunnel, way6, from, small);
    if (lost !== undefined) return { works: false, says: `IPv4 crosses, IPv6 does not: ${lost}` };
  }
  return { works: true, says: `${over4.says}, IPv6 too` };
}

/** Echo requests each way, the home's first: they open what lets in answers only, and WireGuard. */
async function cross(ends: Ends, tunnel: ProbedTunnel, way: Way): Promise<Pick<Outcome, "works" | "says">> {
  const mtu = tunnel.planned.mtu;
  const first = tunnel.planned.knownBy === "key" ? shakingHands : rounds;
  for (const from of ["home", "relay"] as const) {
    const lost = await leg(ends, tunnel, way, from, small, from === "home" ? first : rounds);
    if (lost !== undefined) return { works: false, says: lost };
  }
  for (const from of ["home", "relay"] as const) {
    const lost = await leg(ends, tunnel, way, from, mtu - headers);
    if (lost === undefined) continue;
    const narrower = await narrowed(ends, tunnel, way, from);
    if (narrower !== undefined) return narrower;
    const sizes = `packets of full size (${mtu} bytes, ${tunnel.lineMtu} on the line)`;
    return { works: false, says: `small packets cross, ${sizes} vanish: ${lost}` };
  }
  return { works: true, says: `small packets and packets of ${mtu} bytes cross both ways` };
}

/** Of requests in one direction: nothing where an answer came, or where they or their answers are lost. */
async function leg(
  ends: Ends,
  tunnel: ProbedTunnel,
  { device, inner }: Way,
  from: Side,
  payload: number,
  most: number = rounds,
): Promise<string | undefined> {
  const to = from === "home" ? "relay" : "home";
  const count = async () => Number((await ends.tell(to, "received", device)).lines[0] ?? 0);
  const before = await count();
  for (let round = 1; round <= most; round++) {
    const { lines } = await ends.tell(from, "ask", device, inner[to], `${payload}`);
    if (Number(lines[0] ?? 0) > 0) return undefined;
  }
  const [source, target] = [nameOf(tunnel, from), nameOf(tunnel, to)];
  // What others send through a tunnel in use is counted with it, and proves that much all the same.
  if ((await count()) === before) return `nothing gets from ${source} to ${target}`;
  return `they get from ${source} to ${target}, and no answer gets back`;
}

/** A path that takes less, and says so, is one that works: every sender of a large packet is told. */
async function narrowed(ends: Ends, tunnel: ProbedTunnel, way: Way, from: Side) {
  const { mtu, overhead } = tunnel.planned;
  const { lines } = await ends.tell(from, "learned");
  const inside = Number(lines[0] ?? 0) - overhead;
  if (inside < small || inside >= mtu) return undefined;
  if ((await leg(ends, tunnel, way, from, inside - headers)) !== undefined) return undefined;
  return {
    works: true,
    says: `packets of ${inside} bytes cross, larger ones are told so: something on the way takes ${inside + overhead} bytes instead of ${tunnel.lineMtu}`,
  };
}

function nameOf({ planned, home }: ProbedTunnel, side: Side): string {
  if (side === "relay") return "the relay";
  return home.end === "openwrt" ? `the router of ${planned.home}` : `the server ${planned.home}`;
}
