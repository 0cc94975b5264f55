import { randomUUID } from "node:crypto";
import { makeKeyPair } from "../../deliver/index.ts";
import type { Kind } from "./kind.ts";

/** An SSH host key, made once: Ed25519 in OpenSSH's format. */
export const hostKeyResource: Kind = {
  diff: async () => ({ changes: false }),
  create: async () => {
    const { private: privateKey, public: publicKey } = makeKeyPair();
    return { id: randomUUID(), outs: { privateKey, publicKey } };
  },
  read: async (id, props) => ({ id, props, inputs: {} }),
  update: async (news) => ({ outs: news }),
  delete: async () => {},
};
