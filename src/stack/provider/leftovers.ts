import { z } from "zod";
import { deleteOurs, ours } from "../ours.ts";
import type { Kind } from "./kind.ts";
import { secret } from "./secret.ts";

const inputs = z.object({
  endpoint: z.string(),
  token: z.string(),
  labels: z.record(z.string(), z.string()),
  /** Whether the addresses stay, because the user wants to keep them. */
  keepAddress: z.boolean(),
});

/** What is in the cloud with this stack's labels and in no state: made last of all, it goes with `destroy`. */
export const leftoversResource: Kind = {
  async diff(olds, news) {
    return { changes: JSON.stringify(inputs.parse(olds)) !== JSON.stringify(inputs.parse(news)) };
  },
  create: async (news) => ({ id: "leftovers", outs: marked(news) }),
  update: async (news) => ({ outs: marked(news) }),
  read: async (id, props) => ({ id, props: marked(props), inputs: marked(props) }),
  async delete(props) {
    const { keepAddress, labels, ...access } = inputs.parse(props);
    const found = await ours(access, labels);
    await deleteOurs(
      access,
      found.filter(({ kind }) => kind !== "primary_ips" || !keepAddress),
    );
  },
};

/** The values as they may lie in the state: a refresh writes down what it is given, the token in the clear too. */
function marked(props: unknown): Record<string, unknown> {
  const known = inputs.parse(props);
  return { ...known, token: secret(known.token) };
}
