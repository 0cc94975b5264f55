import type { Draft, DraftHome } from "../draft.ts";

/** A place of the config that says how to log in. */
export interface SshAccess {
  key: string;
  access: NonNullable<DraftHome["ssh"]>;
}

/** Every place of the config that says how to log in to a machine. */
export function sshAccesses(draft: Draft): SshAccess[] {
  const homes = draft.homes.map((home, index) => ({ key: `homes[${index}].ssh`, access: home.ssh ?? {} }));
  const { host, user, hostKey, key, port } = draft.relay;
  return [{ key: "relay", access: { host, user, hostKey, key, port } }, ...homes];
}
