import type { Fault } from "../../errors.ts";
import type { Rule } from "./rule.ts";
import { sshAccesses } from "./sshAccesses.ts";

const TYPES = ["ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa"];
/** Fields of a key's blob after its type: the point; curve and point; exponent and modulus (RFC 4253, 5656, 8709). */
const FIELDS: Record<string, number> = { "ssh-ed25519": 1, "ssh-rsa": 2 };

/** The length-prefixed fields of a key's blob, or undefined when they do not fill it exactly. */
function fieldsOf(blob: Buffer): Buffer[] | undefined {
  const fields: Buffer[] = [];
  let at = 0;
  while (at < blob.length) {
    if (at + 4 > blob.length) return undefined;
    const end = at + 4 + blob.readUInt32BE(at);
    if (end > blob.length) return undefined;
    fields.push(blob.subarray(at + 4, end));
    at = end;
  }
  return fields;
}

/** Type and blob of a host key, without its comment; undefined when the text is no public host key. */
export function normalHostKey(text: string): string | undefined {
  const [type = "", base64 = ""] = text.trim().split(/[ \t]+/);
  if (/[\r\n]/.test(text.trim()) || !TYPES.includes(type)) return undefined;
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return undefined;
  const blob = Buffer.from(base64, "base64");
  if (blob.toString("base64").replace(/=+$/, "") !== base64.replace(/=+$/, "")) return undefined;
  const fields = fieldsOf(blob);
  if (fields?.[0]?.toString("latin1") !== type || fields.length !== 1 + (FIELDS[type] ?? 2)) return undefined;
  if (type === "ssh-ed25519" && fields[1]?.length !== 32) return undefined;
  return `${type} ${blob.toString("base64")}`;
}

function problemOf(text: string): string {
  const words = text.trim().split(/[ \t]+/);
  if (/PRIVATE KEY/.test(text)) return "is a private key: it belongs on its own machine only, make a new one";
  if (/^(SHA256|MD5):/.test(text)) return "is a fingerprint, not the key";
  if (words.slice(1).some((word) => TYPES.includes(word))) return "has something before the type of the key";
  if (words.length > 1 && TYPES.includes(words[0] ?? "")) return "is cut short or damaged after the type";
  return "is no public host key";
}

/** `hostKey` is a whole public key of a type that SSH servers use: a cut one would never match. */
export const hostKey: Rule = (draft) =>
  sshAccesses(draft).flatMap(({ key, access }): Fault[] => {
    if (access.hostKey === undefined || normalHostKey(access.hostKey)) return [];
    const host = access.host && /^[A-Za-z0-9.:%_-]+$/.test(access.host) ? access.host : "HOST";
    const port = access.port === undefined || access.port === 22 ? "" : ` -p ${access.port}`;
    return [
      {
        key: `${key}.hostKey`,
        value: access.hostKey,
        problem: problemOf(access.hostKey),
        cure: `write TYPE and KEY as \`ssh-keyscan -t ed25519${port} ${host}\` prints them after the host, for example "ssh-ed25519 AAAA…", and compare with the machine's own /etc/ssh/ssh_host_ed25519_key.pub`,
      },
    ];
  });
