import type { Fault } from "../../errors.ts";
import type { Rule } from "./rule.ts";
import { sshAccesses } from "./sshAccesses.ts";

function problemOf(path: string): string | undefined {
  if (/PRIVATE KEY|PuTTY-User-Key-File/.test(path)) return "is a private key itself; its path is wanted";
  if (path.trim() === "") return "is empty";
  if (/[\u0000-\u001f\u007f]/.test(path)) return "has a line break or another control character";
  return path.endsWith(".pub") ? "is the public half of the key" : undefined;
}

/** `key` is the path of a private key, not the key, so that no secret stands in the config. */
export const keyPath: Rule = (draft) =>
  sshAccesses(draft).flatMap(({ key, access }): Fault[] => {
    const problem = access.key === undefined ? undefined : problemOf(access.key);
    if (problem === undefined) return [];
    const cure =
      "write the path of the private key, for example ~/.ssh/id_ed25519, or leave `key` out for the agent";
    return [{ key: `${key}.key`, value: access.key, problem, cure }];
  });
