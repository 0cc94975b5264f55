import type { Session } from "../../deliver/index.ts";
import type { HomePlan, RelayPlan } from "../../plan/index.ts";
import { fill } from "../../render/template.ts";

/** What an end's script can be told. The last three are the relay's. */
export type Word = "begin" | "cold" | "warm" | "show" | "finish" | "small" | "endpoint" | "largest";

/** Counters of one end by their names, packets. */
export type Counts = Readonly<Record<string, number>>;

/** The script that counts on an end, and on the relay sends pings, too. */
export type Counter = (...words: Word[]) => Promise<string[]>;

/**
 * Counts at the relay what goes to and comes from one home, and what arrives at the public address.
 *
 * @param endpoint where the relay takes the home's end to be
 */
export function relayCounter(
  session: Session,
  relay: RelayPlan,
  { tunnel }: HomePlan,
  endpoint: string,
): Counter {
  return counter(session, "/nft.sh", {
    device: tunnel.device,
    self: tunnel.relayEndpoint,
    peer: endpoint,
    inner: tunnel.inner.home,
    mtu: tunnel.mtu,
    publicIpv4: relay.publicIpv4,
  });
}

/** Counts at a home's end what comes from and goes to the relay. @param endpoint where the home's end is now */
export function homeCounter(session: Session, { tunnel, end }: HomePlan, endpoint: string): Counter {
  return counter(session, end === "openwrt" ? "/nft.sh" : "/ip6tables.sh", {
    device: tunnel.device,
    self: endpoint,
    peer: tunnel.relayEndpoint,
  });
}

/** One text for each word. */
function counter(session: Session, script: string, values: object): Counter {
  const { text } = fill("doctor", script, values);
  return async (...words) => {
    const { stdout } = await session.run(`sh -s ${words.join(" ")}`, text);
    const [, ...answers] = stdout.split(/^== \w+\n/m);
    return words.map((_, index) => answers[index] ?? "");
  };
}

/** What `show` says. */
export function readCounts(text: string | undefined): Counts {
  return Object.fromEntries(
    (text ?? "").split("\n").flatMap((line) => {
      const [name, value] = line.split(" ");
      return name && value ? [[name, Number(value)]] : [];
    }),
  );
}
