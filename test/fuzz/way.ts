import { endedHomes } from "../../src/config/homes.ts";
import { checkAgainstFacts, parseSpec, readConfigFile, type Spec } from "../../src/config/index.ts";
import { script } from "../../src/deliver/script.ts";
import { VisibleError } from "../../src/errors.ts";
import { readDebianHome, readDebianRelay } from "../../src/facts/debian.ts";
import { assumeHome, type Facts, type HomeFacts, type RelayFacts } from "../../src/facts/index.ts";
import { needOf } from "../../src/facts/need.ts";
import { readOpenwrt } from "../../src/facts/openwrt.ts";
import { plan } from "../../src/plan/index.ts";
import { type Bundle, render, renderManual } from "../../src/render/index.ts";
import { readme } from "../../src/stack/readme.ts";
import { shapes } from "../../src/stack/shape.ts";
import { HOST_KEY } from "../config/examples.ts";
import type { Answers } from "./answers.ts";

/** How far a config and the machines' answers came. */
export type End =
  | { kind: "config refused"; error: VisibleError }
  | { kind: "facts refused"; error: VisibleError }
  | { kind: "rendered"; bundles: Bundle[]; shape: string };

/** Goes the way of `pulumi up` as far as values go. What is thrown but a VisibleError is a bug. */
export function way(config: { value: unknown } | { text: string }, answers: Answers): End {
  let spec: Spec;
  try {
    ({ spec } = parseSpec("text" in config ? readConfigFile(config.text) : config.value));
  } catch (error) {
    return { kind: "config refused", error: visible(error) };
  }
  try {
    const { relay, homes } = told(spec, answers);
    const faults = checkAgainstFacts(spec, { relay, homes });
    if (faults.length > 0) throw new VisibleError(faults);
    return { kind: "rendered", ...rendered(spec, { relay, homes }) };
  } catch (error) {
    return { kind: "facts refused", error: visible(error) };
  }
}

function visible(error: unknown): VisibleError {
  if (!(error instanceof VisibleError)) throw error;
  for (const { key, problem, cure } of error.faults) {
    if (key === "" || problem === "" || cure === "")
      throw new Error(`a fault that says too little: ${error.message}`);
  }
  // One line of a fault, and nothing in it that a terminal obeys.
  if (/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]/.test(error.message)) {
    throw new Error(`a control character in: ${JSON.stringify(error.message)}`);
  }
  return error;
}

function told(spec: Spec, answers: Answers): Facts {
  const relay: RelayFacts =
    spec.relay.provider === "existing"
      ? { ...readDebianRelay(answers.relay), hostKey: spec.relay.ssh.hostKey }
      : { ...answers.cloud, mtu: 1500, hostKey: HOST_KEY };
  const homes = endedHomes(spec).map((home, index): [string, HomeFacts] => {
    if (home.end === "manual") return [home.name, assumeHome(home, home.prefix)];
    const said = answers.homes[index % answers.homes.length];
    const read = home.end === "openwrt" ? readOpenwrt : readDebianHome;
    return [home.name, read(home.name, said?.[home.end] ?? "", home.lan, needOf(home))];
  });
  return { relay, homes: Object.fromEntries(homes) };
}

function rendered(spec: Spec, facts: Facts): { bundles: Bundle[]; shape: string } {
  const planned = plan(spec, facts);
  const bundles = render(planned);
  const listed = shapes(spec, facts.homes).map(({ files }) => files.map(({ path }) => path));
  const made = bundles.map(({ files }) => files.map(({ path }) => path));
  if (JSON.stringify(listed) !== JSON.stringify(made)) throw new Error("the first preview lists other files");
  const manuals = planned.homes.flatMap((home) => {
    if (home.end !== "manual") return [];
    const known = facts.homes[home.name] as HomeFacts;
    return [renderManual(home, { publicIpv4: facts.relay.ipv4, lan: known.lan })];
  });
  for (const { path, text } of [...bundles.flatMap(({ files, state }) => [...files, ...state]), ...manuals]) {
    // Whatever was quoted: none of our formats needs more than this.
    const odd = /[^\t\n\x20-\x7e]/.exec(text);
    if (odd !== null) throw new Error(`${path} has ${JSON.stringify(odd[0])} in it`);
  }
  for (const bundle of bundles) script(bundle);
  readme(planned, "ssh");
  return { bundles, shape: shapeOf(spec) };
}

/** What makes one bundle another kind than the next: one of each is shown to the real parsers. */
function shapeOf({ relay, homes, services }: Spec): string {
  const kinds = services.map((service) =>
    service.kind === "whole-address"
      ? "*"
      : `${service.protocols.join("+")}${service.ports.first === service.ports.last ? "" : "-"}${service.toPort ? ":" : ""}`,
  );
  return [
    relay.provider,
    relay.management.over,
    homes.map(({ end }) => end).join(","),
    [...new Set(kinds)].toSorted().join(" "),
  ].join(" | ");
}
