import type { Spec } from "../config/index.ts";
import type { Target } from "../deliver/index.ts";
import { VisibleError } from "../errors.ts";
import { isKnownByEndpoint, type Plan } from "../plan/index.ts";
import { askCloud, type CloudAccess } from "./ask/cloud.ts";
import { type Counter, homeCounter, readCounts, relayCounter } from "./ask/counter.ts";
import { cross } from "./ask/crossing.ts";
import { askHome, askRelay, type Held, hold } from "./ask/ends.ts";
import { knock, ledTo, targets } from "./ask/inbound.ts";
import type { Crossing, Examinations, HomeView, Inbound, RelayView } from "./examination.ts";

/** What is to be looked at, and how to get there. */
export interface Patient {
  spec: Spec;
  plan: Plan;
  relay: Target;
  /** By the home's name; a manual home is not in it. */
  homes: Readonly<Record<string, Target>>;
  /** Absent: the cloud is not asked. */
  cloud?: CloudAccess;
}

/**
 * Looks at a relay and its homes from every side that can be reached: one connection to each end, some pings
 * through each tunnel, a few connections from here. What cannot be reached is part of the answer.
 */
export async function look(patient: Patient): Promise<Examinations> {
  const { spec, plan } = patient;
  const homes = plan.homes.filter(({ name }) => patient.homes[name] !== undefined);
  const [cloud, relay, ...heldHomes] = await Promise.all([
    patient.cloud !== undefined && spec.relay.provider === "hcloud"
      ? askCloud(patient.cloud, plan.relay.publicIpv4, spec.relay)
      : undefined,
    hold(patient.relay, (session) => askRelay(session, plan.relay)),
    ...homes.map((home) => hold(patient.homes[home.name] as Target, (session) => askHome(session, home))),
  ]);
  const byName = new Map(
    homes.map((home, index) => [home.name, heldHomes[index] as Held<HomeView> | string]),
  );
  try {
    const tested = await test(patient, relay, byName).catch(lostMeanwhile);
    const { lost = {}, crossings, inbound } = tested;
    return {
      relay: lost["relay"] ?? viewOf(relay),
      homes: Object.fromEntries([...byName].map(([name, held]) => [name, lost[name] ?? viewOf(held)])),
      crossings,
      inbound,
      ...(cloud === undefined ? {} : { cloud }),
    };
  } finally {
    for (const held of [relay, ...heldHomes]) if (typeof held !== "string") held.release();
  }
}

function viewOf<View>(held: Held<View> | string): View | string {
  return typeof held === "string" ? held : held.view;
}

/** What the tests came to. */
interface Tested {
  crossings: Record<string, Crossing>;
  inbound: Inbound;
  /** By the end's name: why its connection did not last. */
  lost?: Record<string, string>;
}

function lostMeanwhile(error: unknown): Tested {
  if (!(error instanceof VisibleError)) throw error;
  const lost = Object.fromEntries(error.faults.map(({ key, problem }) => [key, problem]));
  return { crossings: {}, inbound: { arrived: 0, tries: [] }, lost };
}

/** The tests that send something: through each tunnel, and to the public address. */
async function test(
  { spec, plan }: Patient,
  relay: Held<RelayView> | string,
  homes: ReadonlyMap<string, Held<HomeView> | string>,
): Promise<Tested> {
  const { publicIpv4 } = plan.relay;
  const crossings: Record<string, Crossing> = {};
  if (typeof relay === "string") return { crossings, inbound: await call(spec, publicIpv4) };
  let inbound: Inbound | undefined;
  // One home after the other: the test of one does not disturb the counts of another.
  for (const home of plan.homes) {
    const held = homes.get(home.name);
    const { tunnel } = home;
    // Of a home that dials, nobody knows beforehand from where: its outer packets cannot be told from others.
    const endpoint = isKnownByEndpoint(tunnel)
      ? (relay.view.remotes[tunnel.endpointName] ?? tunnel.homeEndpoint)
      : undefined;
    const remote = endpoint ?? tunnel.relayEndpoint;
    const atRelay = relayCounter(relay.session, plan.relay, home, remote);
    const atHome =
      held === undefined || typeof held === "string" || endpoint === undefined
        ? undefined
        : homeCounter(held.session, home, held.view.endpoint ?? endpoint);
    await counting([atRelay, ...(atHome === undefined ? [] : [atHome])], async () => {
      crossings[home.name] = await cross(atRelay, atHome, home.tunnel.outer);
      inbound ??= await call(spec, publicIpv4, relay, atRelay);
    });
  }
  return { crossings, inbound: inbound ?? { arrived: 0, tries: [] } };
}

/** Whatever happens, no counter stays on a machine. */
async function counting(counters: readonly Counter[], work: () => Promise<void>): Promise<void> {
  try {
    await Promise.all(counters.map((counter) => counter("begin")));
    await work();
  } finally {
    await Promise.allSettled(counters.map((counter) => counter("finish")));
  }
}

async function call(
  spec: Spec,
  publicIpv4: string,
  relay?: Held<RelayView>,
  counter?: Counter,
): Promise<Inbound> {
  const count = async () => readCounts((await counter?.("show"))?.[0])["public_in"] ?? 0;
  const before = await count();
  const tries = await Promise.all(targets(spec).map((target) => knock(publicIpv4, target)));
  const arrived = (await count()) - before;
  if (relay === undefined) return { arrived, tries };
  return { arrived, tries: await ledTo(relay.session, publicIpv4, tries) };
}
