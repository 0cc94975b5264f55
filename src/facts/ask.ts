import type { DebianHomeSpec, OpenwrtHomeSpec } from "../config/spec.ts";
import { type Target, withSession } from "../deliver/index.ts";
import { debianQuestion, readDebianHome, readDebianRelay } from "./debian.ts";
import type { HomeFacts, RelayFacts } from "./facts.ts";
import { needOf } from "./need.ts";
import { openwrtQuestion, readOpenwrt } from "./openwrt.ts";

/** Asks a home's end for what the plan needs to know, over one connection. */
export async function askHome(home: OpenwrtHomeSpec | DebianHomeSpec, target: Target): Promise<HomeFacts> {
  const question = home.end === "openwrt" ? openwrtQuestion : debianQuestion;
  const { stdout } = await withSession(target, (session) => session.run(question));
  const answer = home.end === "openwrt" ? readOpenwrt : readDebianHome;
  return answer(home.name, stdout, home.lan, needOf(home));
}

/** Asks an own server that is to be the relay. */
export async function askRelay(target: Target): Promise<RelayFacts> {
  const { stdout } = await withSession(target, (session) => session.run(debianQuestion));
  return readDebianRelay(stdout);
}
