import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { putPeers, readPeers } from "../../deliver/index.ts";
import { access, targetOf } from "./access.ts";
import { withKeptKeys } from "./keptKeys.ts";
import type { Kind } from "./kind.ts";

/** A public key of Curve25519, as `wg pubkey` prints it. */
const publicKey = z.string().regex(/^[A-Za-z0-9+/]{43}=$/, "is no public key of WireGuard");

/** The inputs of TunnelPeers, as they lie in the state. */
const inputs = z.object({
  /** Who the relay is: another one is another resource. */
  machine: z.string(),
  name: z.string(),
  ...access,
  /** The relay's own public key: whoever made another one has forgotten the homes' with the one before. */
  relayKey: publicKey,
  /** Tunnel device → public key of the home at its other end. */
  keys: z.record(z.string().regex(/^wrap[1-9][0-9]{0,2}wg$/), publicKey),
});

/** As they are on the relay; a refresh may find anything there. */
const outputs = inputs.extend({ keys: z.record(z.string(), z.string()) });

/** Which homes the relay's WireGuard answers. They go with the relay's end. */
export const tunnelPeersResource: Kind = {
  async diff(olds, news) {
    const old = outputs.safeParse(olds);
    const wanted = inputs.safeParse(withKeptKeys(olds, news));
    if (!old.success || !wanted.success) return { changes: true };
    return {
      changes: !isDeepStrictEqual(old.data, wanted.data),
      replaces: old.data.machine === wanted.data.machine ? [] : ["machine"],
      deleteBeforeReplace: true,
    };
  },
  async create(news) {
    return { id: "tunnel-peers", outs: await tell(inputs.parse(news)) };
  },
  async update(news) {
    return { outs: await tell(inputs.parse(news)) };
  },
  async read(id, props) {
    const known = outputs.parse(props);
    const seen = { ...known, keys: await readPeers(await targetOf(known)) };
    return { id, props: seen, inputs: seen };
  },
  delete: async () => {},
};

async function tell(wanted: z.infer<typeof inputs>) {
  await putPeers(await targetOf(wanted), wanted.keys);
  return wanted;
}
