import type { Kind } from "./kind.ts";

interface SshKey {
  id: number;
  name: string;
  fingerprint: string;
  public_key: string;
  labels: Record<string, string>;
}

/** `hcloud:index/sshKey:SshKey` */
export const sshKey: Kind = {
  properties: {
    name: { type: "string" },
    publicKey: { type: "string", required: true, replaces: true },
    labels: { type: "labels", fallback: {} },
  },
  outputs: ["fingerprint"],
  async create(api, { name, publicKey, labels }, made) {
    const body = { name, public_key: publicKey, labels };
    made((await api.call<{ ssh_key: SshKey }>("POST", "/ssh_keys", body)).ssh_key.id);
  },
  async read(api, id, state) {
    const key = (await api.find<{ ssh_key: SshKey }>(`/ssh_keys/${id}`))?.ssh_key;
    if (!key) return undefined;
    // The service trims the key; the program's own form is no difference.
    const given = String(state.publicKey ?? "");
    const publicKey = given.trim() === key.public_key.trim() ? given : key.public_key;
    return { name: key.name, publicKey, labels: key.labels, fingerprint: key.fingerprint };
  },
  async update(api, id, _state, { name, labels }) {
    await api.call("PUT", `/ssh_keys/${id}`, { name, labels: labels ?? {} });
  },
  async delete(api, id) {
    if (await api.find(`/ssh_keys/${id}`)) await api.call("DELETE", `/ssh_keys/${id}`);
  },
};
