import * as pulumi from "@pulumi/pulumi";
import {
  type AutoHomeSpec,
  type Choices,
  isAuto,
  type OpenSpec,
  type Spec,
  settle,
} from "../config/index.ts";
import { type Fault, VisibleError } from "../errors.ts";
import type { HomeFacts, Possibility } from "../facts/index.ts";
import { cloudFirewallKnows } from "../plan/index.ts";
import { candidatesFor, outcomeLines } from "../probe/index.ts";
import { type Choice, choiceName, isSameChoice, outersOf } from "../transports/candidates.ts";
import type { HomeAnswers } from "./know.ts";
import { accessOf, type Machine } from "./machine.ts";
import { Transport } from "./resources.ts";

/** What is settled once every home has its transport. */
export interface Settled {
  spec: Spec;
  /** By the home's name. */
  homes: Record<string, HomeFacts>;
}

/**
 * Finds out by probing, or remembers, what each home with `transport: auto` has. Everything after this is as if the
 * config had said so. A preview before the first `up` assumes the fastest that the home's line may have.
 *
 * @throws VisibleError where a home's line no longer has what its transport needs, or the cloud's firewall would drop it
 */
export async function chooseTransports(
  open: OpenSpec,
  relay: Machine,
  answers: HomeAnswers,
): Promise<Settled> {
  const probes = new Map<AutoHomeSpec, Transport>();
  for (const [index, home] of open.homes.entries()) {
    if (!isAuto(home)) continue;
    const possible = possibilitiesOf(answers, home);
    const candidates = relay.facts.apply((facts) => candidatesFor(home, index, facts, possible));
    // One after the other: they would meet at the relay's end.
    const opts = { dependsOn: [...probes.values()] };
    probes.set(
      home,
      new Transport(`${home.name}-transport`, home.name, relay.access, accessOf(home.ssh), candidates, opts),
    );
  }
  const choices: Record<string, Choice> = {};
  const isGuarded = open.relay.provider === "hcloud" && open.relay.firewall;
  for (const [home, probed] of probes) choices[home.name] = await choiceOf(home, probed, answers, isGuarded);
  return { spec: settle(open, choices), homes: factsOf(open, answers, choices) };
}

/**
 * What each home is with the transport that it has; of a chosen one, the choice with it.
 *
 * @throws VisibleError where the line no longer has what the chosen transport needs
 */
function factsOf(open: OpenSpec, answers: HomeAnswers, choices: Choices): Record<string, HomeFacts> {
  const faults: Fault[] = [];
  const homes: Record<string, HomeFacts> = {};
  for (const [name, answer] of Object.entries(answers)) if (!Array.isArray(answer)) homes[name] = answer;
  for (const home of open.homes.filter(isAuto)) {
    const choice = choices[home.name] as Choice;
    const found = possibilitiesOf(answers, home).find((each) => isSameChoice(each.choice, choice));
    if (typeof found?.facts === "object") homes[home.name] = { ...found.facts, chosen: choice };
    else
      faults.push({
        key: `homes: ${home.name}`,
        value: choiceName(choice),
        problem: `was chosen, and now: ${found?.facts}`,
        cure: "mend that; or have another transport chosen: pulumi up --replace with the URN of NAME-transport (docs/transports.md)",
      });
  }
  if (faults.length > 0) throw new VisibleError(faults);
  return homes;
}

function possibilitiesOf(answers: HomeAnswers, { name }: AutoHomeSpec): readonly Possibility[] {
  const answer = answers[name];
  if (!Array.isArray(answer)) throw new Error(`home ${name} was not asked for every transport`);
  return answer;
}

/** @param isGuarded whether a firewall of the cloud's stands in front of the relay */
async function choiceOf(
  home: AutoHomeSpec,
  probed: Transport,
  answers: HomeAnswers,
  isGuarded: boolean,
): Promise<Choice> {
  const known = await ifKnown(pulumi.all([probed.choice, probed.outcomes]));
  if (known !== undefined) {
    const [choice, outcomes] = known;
    if (isGuarded && !outersOf(choice, 0).every(cloudFirewallKnows)) {
      throw new VisibleError({
        key: `homes: ${home.name}`,
        value: choiceName(choice),
        problem:
          "was chosen, and is IPv4 in IPv6 (protocol 4), which a Hetzner Cloud Firewall (`relay.firewall: true`) drops",
        cure: "leave `relay.firewall` out; or write a transport that it knows (gre6, wireguard), run pulumi up, and then write `relay.firewall`",
      });
    }
    const lines = outcomeLines(outcomes).map((line) => `\n    ${line}`);
    void pulumi.log.info(`${home.name}: the tunnel is ${choiceName(choice)}${lines.join("")}`, probed);
    return choice;
  }
  // An `up` that goes on after errors makes nothing of what nobody has chosen.
  if (!pulumi.runtime.isDryRun()) {
    const problem = "no tunnel was chosen";
    throw new VisibleError({ key: `homes: ${home.name}`, problem, cure: "see above why; then run again" });
  }
  const assumed = possibilitiesOf(answers, home).find(({ facts }) => typeof facts === "object")?.choice;
  if (assumed === undefined) throw new Error(`home ${home.name} is fit for no transport`);
  void pulumi.log.info(
    `${home.name}: \`up\` probes which tunnel gets through; until then, ${choiceName(assumed)} is assumed`,
    probed,
  );
  return assumed;
}

/** The value of an output once there is one; undefined in a preview that cannot know it. */
async function ifKnown<T>(output: pulumi.Output<T>): Promise<T | undefined> {
  // The SDK has it (output.ts: isKnown) and does not tell its types.
  const { isKnown } = output as unknown as { isKnown: Promise<boolean> };
  if (!(await isKnown)) return undefined;
  return new Promise((resolve) => {
    output.apply((value) => resolve(value as T));
  });
}
