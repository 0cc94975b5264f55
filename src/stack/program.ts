import * as pulumi from "@pulumi/pulumi";
import {
  checkAgainstFacts,
  type HomeSpec,
  type OpenSpec,
  readPrivateKey,
  type Spec,
} from "../config/index.ts";
import { VisibleError } from "../errors.ts";
import type { HomeFacts, RelayFacts } from "../facts/index.ts";
import { ownCloudRules, type Plan, plan } from "../plan/index.ts";
import { type Bundle, followPair, render, tunnelPair } from "../render/index.ts";
import { readyToAdopt } from "./adopt.ts";
import { HetznerRelay, stackLabels } from "./hetzner.ts";
import { askExistingRelay } from "./know.ts";
import { accessOf, existingRelay, type Machine } from "./machine.ts";
import { ours } from "./ours.ts";
import { type Access, End, HomeKeys, TunnelPeers, Turnover } from "./resources.ts";
import { chooseServerType, fetchServerTypes } from "./serverType.ts";
import { cloudAccess } from "./settings.ts";
import { shapes } from "./shape.ts";
import { visibly } from "./visibly.ts";

/** The relay's machine: made on Hetzner Cloud, or the user's own. */
export async function relayMachine(spec: OpenSpec): Promise<Machine> {
  const { relay } = spec;
  if (relay.provider === "existing") return existingRelay(relay, await askExistingRelay(relay.ssh));
  const privateKey = await readPrivateKey(relay.key, "relay.key");
  const { endpoint, token } = cloudAccess();
  const types = await fetchServerTypes(endpoint, token);
  const serverType = chooseServerType(types, relay.location, relay.serverType);
  const cloud = { endpoint, token };
  const found = await ours(cloud, stackLabels());
  if (!relay.firewall)
    return new HetznerRelay("relay", relay, { privateKey, serverType, cloud, there: found });
  const firewall = ownCloudRules(spec);
  const there = await readyToAdopt(cloud, found, firewall, pulumi.runtime.isDryRun());
  return new HetznerRelay("relay", relay, { privateKey, serverType, cloud, there, firewall });
}

/**
 * The plan, once the relay's address is known; what only then can be found wrong stops the ends from being
 * made.
 */
export function planFor(spec: Spec, relay: Machine, homes: Record<string, HomeFacts>): pulumi.Output<Plan> {
  return relay.facts.apply((facts) =>
    visibly(() => {
      judge(spec, facts, homes);
      return plan(spec, { relay: facts, homes });
    }),
  );
}

/** @throws VisibleError where config and facts contradict each other */
function judge(spec: Spec, relay: RelayFacts, homes: Record<string, HomeFacts>): void {
  const faults = checkAgainstFacts(spec, { relay, homes });
  if (faults.length > 0) throw new VisibleError(faults);
}

/** The relay end and every home end that we can deliver to. */
export function deliverTo(
  spec: Spec,
  relay: Machine,
  homes: Record<string, HomeFacts>,
  planned: pulumi.Output<Plan>,
) {
  const bundles = planned.apply(render);
  const named = (name: string) =>
    bundles.apply((all) => all.find((bundle) => bundle.name === name) as Bundle);
  const [relayShape, ...homeShapes] = shapes(spec, homes);
  const made = spec.relay.provider === "hcloud";
  const accesses = Object.fromEntries(homeShapes.map(({ name }) => [name, accessTo(spec, name)]));
  const facts = relay.facts.apply((known) => ({ relay: known, homes }));
  // A relay that we made goes as a whole: there is nothing to take away from it first.
  const relayEnd = new End("relay", relay.access, relayShape as Bundle, named("relay"), {
    retainOnDelete: made,
    dependsOn: homeShapes.length === 0 ? [] : new Turnover(spec, facts, relay.access, accesses),
  });
  const homeEnds = homeShapes.map((shape) => ({
    shape,
    end: new End(shape.name, accesses[shape.name] as Access, shape, named(shape.name), {
      dependsOn: relayEnd,
      relayKey: publicKey(relayEnd, tunnelPair(shape)),
    }),
  }));
  const ends = [relayEnd, ...homeEnds.map(({ end }) => end)];
  const opts = { dependsOn: ends, retainOnDelete: made };
  /** By the device of the tunnel to it, the key that a home made for this. */
  const keysOf = (pair: (shape: Bundle) => string) =>
    Object.fromEntries(
      homeEnds
        .filter(({ shape }) => shape.keys.includes(pair(shape)))
        .map(({ shape, end }) => [shape.pairNames?.[pair(shape)] ?? "", publicKey(end, pair(shape))]),
    );
  const logins = keysOf(() => followPair);
  const peers = keysOf(tunnelPair);
  const relayKey = publicKey(relayEnd, tunnelPair(relayShape as Bundle));
  // In the state of an older version it has none.
  const login = relayEnd.login.apply((user) => user ?? "");
  return [
    ...ends,
    ...(Object.keys(logins).length === 0
      ? []
      : [new HomeKeys("home-keys", relay.access, login, logins, opts)]),
    ...(Object.keys(peers).length === 0
      ? []
      : [new TunnelPeers("tunnel-peers", relay.access, relayKey, peers, opts)]),
  ];
}

function publicKey(end: End, pair: string): pulumi.Output<string> {
  return end.keys.apply((pairs) => pairs?.[pair] ?? "");
}

function accessTo(spec: Spec, name: string): Access {
  const home = spec.homes.find((candidate) => candidate.name === name) as Exclude<
    HomeSpec,
    { end: "manual" | "none" }
  >;
  return accessOf(home.ssh);
}
