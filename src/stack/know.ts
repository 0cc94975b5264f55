import {
  type AutoHomeSpec,
  isAuto,
  type OpenSpec,
  readPrivateKey,
  type SshSpec,
  type TunnelHomeSpec,
} from "../config/index.ts";
import type { Target } from "../deliver/index.ts";
import { VisibleError } from "../errors.ts";
import {
  askAutoHome,
  askHome,
  askRelay,
  assumeHome,
  type HomeFacts,
  type Possibility,
  type RelayFacts,
} from "../facts/index.ts";

/** By the home's name, what it is; with `transport: auto`, what it could be with each transport. */
export type HomeAnswers = Record<string, HomeFacts | Possibility[]>;

/**
 * Asks every home that has an end, all at once and before the first resource exists, so that a router that cannot be reached
 * costs nothing.
 *
 * @returns facts by the home's name
 * @throws VisibleError with the faults of all homes together
 */
export async function askHomes(spec: OpenSpec): Promise<HomeAnswers> {
  const homes = spec.homes.filter((home) => home.end !== "none");
  const answers = await Promise.allSettled(homes.map(askOneHome));
  const failures = answers.flatMap((answer) => (answer.status === "rejected" ? [answer.reason] : []));
  const bug = failures.find((failure) => !(failure instanceof VisibleError));
  if (bug !== undefined) throw bug;
  if (failures.length > 0)
    throw new VisibleError(failures.flatMap((failure: VisibleError) => failure.faults));
  return Object.fromEntries(
    answers.flatMap((answer, index) =>
      answer.status === "fulfilled" ? [[homes[index]?.name ?? "", answer.value]] : [],
    ),
  );
}

async function askOneHome(home: TunnelHomeSpec | AutoHomeSpec): Promise<HomeFacts | Possibility[]> {
  if (isAuto(home)) return askAutoHome(home, await target(home.name, home.ssh));
  return home.end === "manual"
    ? assumeHome(home, home.prefix)
    : askHome(home, await target(home.name, home.ssh));
}

/** Asks the user's own server that is to be the relay. */
export async function askExistingRelay(ssh: SshSpec): Promise<RelayFacts> {
  return askRelay(await target("relay", ssh));
}

async function target(name: string, { key, ...ssh }: SshSpec): Promise<Target> {
  return key === undefined ? { name, ...ssh } : { name, ...ssh, privateKey: await readPrivateKey(key) };
}
