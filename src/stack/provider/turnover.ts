import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import type { DebianHomeSpec, OpenwrtHomeSpec, Spec } from "../../config/index.ts";
import { withFormerPath } from "../../config/index.ts";
import { apply, carrier, putPeers, readPeers, type Target } from "../../deliver/index.ts";
import { VisibleError } from "../../errors.ts";
import { askHome, type Facts, type HomeFacts } from "../../facts/index.ts";
import { type HomePlan, plan } from "../../plan/index.ts";
import { type Bundle, render, tunnelPair, withRelayKey } from "../../render/index.ts";
import { access, holder, targetOf } from "./access.ts";
import type { Kind } from "./kind.ts";

/** Seconds until a new path has to carry: an end asks every second, and WireGuard shakes hands in the meantime. */
const patience = 30;

const place = z.object({ name: z.string(), ...access });
const homesOf = z.object({ spec: z.custom<Spec>((value) => typeof value === "object") });

/** The inputs of a Turnover, as they lie in the state. */
const inputs = homesOf.extend({
  facts: z.custom<Facts>((value) => typeof value === "object"),
  relay: place.extend({ machine: z.string() }),
  /** The homes that we deliver to, by name. */
  homes: z.record(z.string(), place),
});
type Wanted = z.infer<typeof inputs>;

/**
 * Leads the homes whose tunnel changes from the old one to the new one, before their ends forget the old: both ends
 * are given the two as paths, and the new one has to carry.
 */
export const turnoverResource: Kind = {
  async diff(olds, news) {
    const [before, wanted] = [homesOf.safeParse(olds).data, homesOf.parse(news)];
    if (!isDeepStrictEqual(before?.spec.homes, wanted.spec.homes)) return { changes: true };
    // Another relay is written down, so that the next change is led over on that. A preview may not know it yet.
    const [formerly, now] = [olds, news].map((each) => inputs.safeParse(each).data?.relay.machine);
    return { changes: now !== undefined && now !== formerly };
  },
  create: async (news) => ({ id: "turnover", outs: inputs.parse(news) }),
  async update(news, olds) {
    const wanted = inputs.parse(news);
    const before = inputs.safeParse(olds).data;
    // Another machine has no tunnel yet.
    if (before?.relay.machine === wanted.relay.machine) await turnOver(wanted, before.spec);
    return { outs: wanted };
  },
  read: async (id, props) => ({ id, props: inputs.parse(props), inputs: inputs.parse(props) }),
  delete: async () => {},
};

/** A home that is led over. */
interface Led {
  home: OpenwrtHomeSpec | DebianHomeSpec;
  target: Target;
  facts: HomeFacts;
}

/** Its end, with what it is given meanwhile. */
interface LedEnd {
  home: HomePlan;
  bundle: Bundle;
  target: Target;
}

async function turnOver(wanted: Wanted, former: Spec): Promise<void> {
  const { spec, facts } = wanted;
  const led = await ledHomes(wanted, former);
  if (led.size === 0) return;
  const planned = plan(
    { ...spec, homes: spec.homes.map((home) => led.get(home.name)?.home ?? home) },
    {
      relay: facts.relay,
      homes: { ...facts.homes, ...Object.fromEntries([...led].map(([name, { facts }]) => [name, facts])) },
    },
  );
  const relay = await targetOf(wanted.relay);
  const [relayBundle, ...bundles] = render(planned) as [Bundle, ...Bundle[]];
  const ends = bundles.flatMap((bundle): LedEnd[] => {
    const home = planned.homes.find(({ name }) => name === bundle.name);
    const target = led.get(bundle.name)?.target;
    return home === undefined || target === undefined ? [] : [{ home, bundle, target }];
  });
  const { keys } = await apply(relay, relayBundle, { holder: holder() });
  try {
    await leadOver(relay, keys[tunnelPair(relayBundle)], ends);
  } catch (error) {
    if (!(error instanceof VisibleError)) throw error;
    const problem = "has the new tunnels beside the old ones, which go on";
    const cure =
      "mend that, then run again; to stay with the old ones: write them again, then: pulumi up --refresh";
    throw new VisibleError([...error.faults, { key: "relay", problem, cure }]);
  }
}

/** With the relay ready for both paths, gives the homes both, and waits until the new one carries. */
async function leadOver(relay: Target, relayKey: string | undefined, ends: readonly LedEnd[]): Promise<void> {
  const peers = await all(ends.map(({ target, bundle }) => deliver(target, bundle, relayKey)));
  const keys = Object.fromEntries(peers.flat());
  if (Object.keys(keys).length > 0) await putPeers(relay, { ...(await readPeers(relay)), ...keys });
  await all(ends.map(({ home, target }) => carries(home, [relay, target])));
}

/** The homes that have a path to come from; of one whose line has no such path any more, nothing can be kept. */
async function ledHomes({ spec, homes }: Wanted, former: Spec): Promise<Map<string, Led>> {
  const led = await all(
    spec.homes.map(async (each): Promise<[string, Led][]> => {
      const home = withFormerPath(
        each,
        former.homes.find(({ name }) => name === each.name),
      );
      const known = homes[each.name];
      if (home === undefined || known === undefined) return [];
      const target = await targetOf(known);
      try {
        return [[home.name, { home, target, facts: await askHome(home, target) }]];
      } catch (error) {
        if (!(error instanceof VisibleError)) throw error;
        return [];
      }
    }),
  );
  return new Map(led.flat());
}

/** @returns the tunnel's device and the public key that the home has for it, where it has one */
async function deliver(
  target: Target,
  bundle: Bundle,
  relayKey: string | undefined,
): Promise<[device: string, key: string][]> {
  const { keys } = await apply(target, withRelayKey(bundle, `${relayKey}`), { holder: holder() });
  const pair = tunnelPair(bundle);
  const [device, key] = [bundle.pairNames?.[pair], keys[pair]];
  return device === undefined || key === undefined ? [] : [[device, key]];
}

/** @throws VisibleError where the former tunnel answers and the new one does not: it would be a break */
async function carries({ name, tunnel, spare }: HomePlan, ends: readonly Target[]): Promise<void> {
  if (spare === undefined) throw new Error(`home ${name} has nothing to come from`);
  const metrics = [tunnel, spare].flatMap(({ answeringMetric }) => answeringMetric ?? []);
  const watched = { table: tunnel.table, wanted: tunnel.device, metrics };
  const found = await all(ends.map((end) => carrier(end, watched, patience)));
  if (!found.includes(spare.device)) return;
  throw new VisibleError({
    key: `homes: ${name}`,
    value: `transport: ${tunnel.transport}`,
    problem: `nothing is answered through it; ${spare.transport}, which was there before, goes on`,
    cure: "see what gets through: relay4in6 probe",
  });
}

/** All of them come to their end, also where one fails: nobody is left at work. */
async function all<T>(works: readonly Promise<T>[]): Promise<T[]> {
  const ended = await Promise.allSettled(works);
  return ended.map((each) => {
    if (each.status === "rejected") throw each.reason;
    return each.value;
  });
}
