import { randomUUID } from "node:crypto";
import ssh2 from "ssh2";
import type { Kind } from "./kind.ts";

/** An SSH host key, made once: Ed25519 in OpenSSH's format. */
export const hostKeyResource: Kind = {
  diff: async () => ({ changes: false }),
  create: async () => {
    const { private: privateKey, public: publicKey } = ssh2.utils.generateKeyPairSync("ed25519");
    return { id: randomUUID(), outs: { privateKey, publicKey: publicKey.trim() } };
  },
  read: async (id, props) => ({ id, props, inputs: {} }),
  update: async (news) => ({ outs: news }),
  delete: async () => {},
};
