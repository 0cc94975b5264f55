import { type Session, type Target, withSession } from "../../deliver/index.ts";
import { VisibleError } from "../../errors.ts";
import type { HomePlan, RelayPlan } from "../../plan/index.ts";
import type { HomeView, RelayView } from "../examination.ts";
import { debianQuestion, readDebian } from "./debian.ts";
import { openwrtQuestion, readOpenwrt } from "./openwrt.ts";
import { readRelay, relayQuestion } from "./relay.ts";

/** Milliseconds that an end has for one answer: a slow router, and pings that nobody answers. */
const patience = 120_000;

/** An end that was reached: what it said, and its connection, which stays for the tests that follow. */
export interface Held<View> {
  view: View;
  session: Session;
  release(): void;
}

/**
 * Connects to an end, asks it, and keeps the connection.
 *
 * @returns a text instead where the end cannot be reached: why
 */
export async function hold<View>(
  target: Target,
  ask: (session: Session) => Promise<View>,
): Promise<Held<View> | string> {
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  try {
    return await new Promise<Held<View>>((resolve, reject) => {
      withSession(target, async (connected) => {
        const session = impatient(target, connected);
        resolve({ view: await ask(session), session, release });
        await released;
      }).catch(reject);
    });
  } catch (error) {
    if (!(error instanceof VisibleError)) throw error;
    return error.faults.map(({ problem, cure }) => `${problem} (cure: ${cure})`).join("; ");
  }
}

/** A path that swallows large packets lets a session stand for ever. */
function impatient({ name, host, port }: Target, { run }: Session): Session {
  const silent = new VisibleError({
    key: name,
    value: `${host} port ${port}`,
    problem: "was reached, and does not end its answer",
    cure: "see whether large packets pass between here and there: ping -M do -s 1400",
  });
  return {
    run: (command, stdin) => {
      const limit = Promise.withResolvers<never>();
      const timer = setTimeout(() => limit.reject(silent), patience);
      return Promise.race([run(command, stdin), limit.promise]).finally(() => clearTimeout(timer));
    },
  };
}

/** What the relay says of itself. */
export async function askRelay(session: Session, relay: RelayPlan): Promise<RelayView> {
  const { stdout } = await session.run(relayQuestion(relay));
  return readRelay(stdout, Date.now() / 1000);
}

/** What a home's end says of itself. */
export async function askHome(session: Session, home: HomePlan): Promise<HomeView> {
  switch (home.end) {
    case "openwrt": {
      const { stdout } = await session.run(openwrtQuestion(home));
      return readOpenwrt(home, stdout, Date.now() / 1000);
    }
    case "debian": {
      const { stdout } = await session.run(debianQuestion(home));
      return readDebian(stdout, Date.now() / 1000);
    }
    case "manual":
      throw new Error(`${home.name} is set up by hand: there is nobody to ask`);
  }
}
