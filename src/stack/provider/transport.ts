import { z } from "zod";
import { withSession } from "../../deliver/index.ts";
import { VisibleError } from "../../errors.ts";
import { type Candidate, firstThatWorks, likelyCure, outcomeLines } from "../../probe/index.ts";
import type { Choice } from "../../transports/candidates.ts";
import { access, targetOf } from "./access.ts";
import type { Kind } from "./kind.ts";

/** The inputs of a Transport, as they lie in the state. */
const inputs = z.object({
  relay: z.object({ name: z.string(), ...access, bootSeconds: z.number() }),
  home: z.object({ name: z.string(), ...access }),
  /** What is probed, the fastest first. */
  candidates: z.array(z.custom<Candidate>((value) => typeof value === "object")),
});

/**
 * What `transport: auto` came to for one home. It is found out once, by probing: whatever changes later, a choice
 * that is made stays until somebody replaces it.
 */
export const transportResource: Kind = {
  diff: async () => ({ changes: false }),
  create: async (news) => ({ id: "transport", outs: await chosen(news) }),
  update: async (news) => ({ outs: await chosen(news) }),
  read: async (id, props) => ({ id, props: props as Record<string, unknown>, inputs: inputs.parse(props) }),
  delete: async () => {},
};

/** @throws VisibleError with what came of each transport, where none works */
async function chosen(news: unknown) {
  const wanted = inputs.parse(news);
  const { relay, home, candidates } = wanted;
  const [toRelay, toHome] = [await targetOf(relay), await targetOf(home)];
  const outcomes = await withSession(
    toRelay,
    (relaySession) =>
      withSession(toHome, (homeSession) =>
        firstThatWorks({ relay: relaySession, home: homeSession }, candidates),
      ),
    relay.bootSeconds,
  );
  const found = outcomes.find(({ works }) => works);
  if (found === undefined) {
    throw new VisibleError({
      key: `homes: ${home.name}`,
      value: "transport: auto",
      problem: ["no tunnel gets through", ...outcomeLines(outcomes)].join("\n        "),
      cure: likelyCure(outcomes),
    });
  }
  const { transport, over } = found;
  const choice: Choice = over === undefined ? { transport } : { transport, over };
  return { ...wanted, choice, outcomes };
}
