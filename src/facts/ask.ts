import { settleHome } from "../config/settle.ts";
import type { AutoHomeSpec, DebianHomeSpec, OpenwrtHomeSpec } from "../config/spec.ts";
import { type Target, withSession } from "../deliver/index.ts";
import { VisibleError } from "../errors.ts";
import { type Choice, candidates } from "../transports/candidates.ts";
import { debianQuestion, readDebianHome, readDebianRelay } from "./debian.ts";
import type { HomeFacts, RelayFacts } from "./facts.ts";
import { needOf } from "./need.ts";
import { openwrtQuestion, readOpenwrt } from "./openwrt.ts";

/** Asks a home's end for what the plan needs to know, over one connection. */
export async function askHome(home: OpenwrtHomeSpec | DebianHomeSpec, target: Target): Promise<HomeFacts> {
  return read(home, await answerOf(home, target));
}

/** What a home could be with one of the transports that `auto` tries; or in words, why it cannot. */
export interface Possibility {
  choice: Choice;
  facts: HomeFacts | string;
}

/**
 * Asks a home's end once, and reads the answer for every transport that could be chosen: each needs something else of
 * the line.
 *
 * @throws VisibleError when it is fit for none of them
 */
export async function askAutoHome(home: AutoHomeSpec, target: Target): Promise<Possibility[]> {
  return possibilities(home, await answerOf(home, target));
}

/** The same of an answer that is there. @throws VisibleError when it is fit for no transport */
export function possibilities(home: AutoHomeSpec, answer: string): Possibility[] {
  const refusals: VisibleError[] = [];
  const all = candidates.map((choice): Possibility => {
    try {
      return { choice, facts: read(settleHome(home, choice), answer) };
    } catch (error) {
      if (!(error instanceof VisibleError)) throw error;
      refusals.push(error);
      return { choice, facts: error.faults.map(({ problem }) => problem).join("; ") };
    }
  });
  const [first] = refusals;
  if (first !== undefined && refusals.length === all.length) throw first;
  return all;
}

async function answerOf({ end }: { end: "openwrt" | "debian" }, target: Target): Promise<string> {
  const question = end === "openwrt" ? openwrtQuestion : debianQuestion;
  const { stdout } = await withSession(target, (session) => session.run(question));
  return stdout;
}

function read(home: OpenwrtHomeSpec | DebianHomeSpec, answer: string): HomeFacts {
  const reader = home.end === "openwrt" ? readOpenwrt : readDebianHome;
  return reader(home.name, answer, home.lan, needOf(home));
}

/** Asks an own server that is to be the relay. */
export async function askRelay(target: Target): Promise<RelayFacts> {
  const { stdout } = await withSession(target, (session) => session.run(debianQuestion));
  return readDebianRelay(stdout);
}
