import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { putAuthorizedKeys, readAuthorizedKeys } from "../../deliver/index.ts";
import { VisibleError } from "../../errors.ts";
import { authorizedKeys } from "../../render/index.ts";
import { access, targetOf } from "./access.ts";
import { withKeptKeys } from "./keptKeys.ts";
import type { Kind } from "./kind.ts";

/** The inputs of HomeKeys, as they lie in the state. */
const inputs = z.object({
  /** Who the relay is: another one is another resource. */
  machine: z.string(),
  name: z.string(),
  ...access,
  /** Which user of the relay's they log in as: another one is told them anew. */
  login: z.string().default(""),
  /** Tunnel device → public key of the home that may say where it is. */
  keys: z.record(z.string(), z.string()),
});

const outputs = inputs.extend({ lines: z.string() });

/** Which homes may log in at the relay, to say where they are now and nothing else. */
export const homeKeysResource: Kind = {
  async diff(olds, news) {
    const old = outputs.safeParse(olds);
    const wanted = inputs.safeParse(withKeptKeys(olds, news));
    if (!old.success || !wanted.success) return { changes: true };
    const { lines, ...before } = old.data;
    return {
      // A key that is not known yet is no key, and differs.
      changes: !isDeepStrictEqual(before, wanted.data) || lines !== authorizedKeys(wanted.data.keys),
      replaces: before.machine === wanted.data.machine ? [] : ["machine"],
      deleteBeforeReplace: true,
    };
  },
  async create(news) {
    return { id: "home-keys", outs: await put(inputs.parse(news)) };
  },
  async update(news) {
    return { outs: await put(inputs.parse(news)) };
  },
  async read(id, props) {
    const { lines: _, ...known } = outputs.parse(props);
    return { id, props: { ...known, lines: await readAuthorizedKeys(await targetOf(known)) }, inputs: known };
  },
  async delete(props, urn) {
    try {
      await putAuthorizedKeys(await targetOf(outputs.parse(props)), "");
    } catch (error) {
      if (!(error instanceof VisibleError)) throw error;
      const cure = `run again when it can be reached; or forget them: pulumi state delete '${urn}'`;
      const problem = "the homes' keys are still on it";
      throw new VisibleError([...error.faults, { key: "relay", problem, cure }]);
    }
  },
};

async function put(wanted: z.infer<typeof inputs>) {
  const lines = authorizedKeys(wanted.keys);
  await putAuthorizedKeys(await targetOf(wanted), lines);
  return { ...wanted, lines };
}
