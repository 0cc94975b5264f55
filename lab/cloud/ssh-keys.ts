import { createHash } from "node:crypto";
import { z } from "zod";
import { invalidInput, notFound, notUnique } from "./errors.ts";
import { readBody } from "./input.ts";
import { labelsInput } from "./labels.ts";
import { listing } from "./listing.ts";
import type { Route } from "./router.ts";
import type { SshKey, Store } from "./state.ts";
import { timestamp } from "./state.ts";

const name = z.string().min(1).max(255);
const createBody = z.object({ name, public_key: z.string(), labels: labelsInput.optional() });
const updateBody = z.object({ name: name.optional(), labels: labelsInput.optional() });

/**
 * The key's MD5 fingerprint in colon form, which is what the API reports.
 * @throws ApiError 422 when the text is not an OpenSSH public key.
 */
function fingerprint(publicKey: string): string {
  const [type = "", base64 = ""] = publicKey.trim().split(/\s+/);
  const blob = Buffer.from(base64, "base64");
  // RFC 4253, 6.6: the blob starts with its own type as a length-prefixed string.
  const length = blob.length >= 4 ? blob.readUInt32BE(0) : 0;
  if (type === "" || blob.subarray(4, 4 + length).toString("latin1") !== type)
    throw invalidInput([{ name: "public_key", messages: ["SSH key is not a valid OpenSSH public key"] }]);
  return (createHash("md5").update(blob).digest("hex").match(/../g) ?? []).join(":");
}

/** The project's SSH keys. */
export function sshKeyRoutes(store: Store): Route[] {
  const keys = store.state.sshKeys;
  const get = (id: string | undefined): SshKey => {
    const key = keys.find((candidate) => String(candidate.id) === id);
    if (!key) throw notFound("ssh key", id ?? "");
    return key;
  };
  const refuseTakenName = (wanted: string, own?: number) => {
    if (keys.some((key) => key.name === wanted && key.id !== own))
      throw notUnique("SSH key name is already used", "name");
  };
  return [
    {
      method: "GET",
      path: "/ssh_keys",
      handle: ({ query }) => {
        const print = query.get("fingerprint");
        const chosen = keys.filter((key) => print === null || key.fingerprint === print);
        return listing("ssh_keys", query, chosen, (key) => key);
      },
    },
    {
      method: "POST",
      path: "/ssh_keys",
      handle: (call) => {
        const body = readBody(createBody, call.body);
        const print = fingerprint(body.public_key);
        refuseTakenName(body.name);
        if (keys.some((key) => key.fingerprint === print))
          throw notUnique("SSH key with the same fingerprint already exists", "public_key");
        const key: SshKey = {
          id: store.newId(),
          name: body.name,
          fingerprint: print,
          public_key: body.public_key.trim(),
          labels: body.labels ?? {},
          created: timestamp(),
        };
        keys.push(key);
        store.save();
        return { status: 201, body: { ssh_key: key } };
      },
    },
    {
      method: "GET",
      path: "/ssh_keys/:id",
      handle: ({ params }) => ({ status: 200, body: { ssh_key: get(params.id) } }),
    },
    {
      method: "PUT",
      path: "/ssh_keys/:id",
      handle: ({ params, body }) => {
        const key = get(params.id);
        const change = readBody(updateBody, body);
        if (change.name !== undefined) refuseTakenName(change.name, key.id);
        key.name = change.name ?? key.name;
        key.labels = change.labels ?? key.labels;
        store.save();
        return { status: 200, body: { ssh_key: key } };
      },
    },
    {
      method: "DELETE",
      path: "/ssh_keys/:id",
      handle: ({ params }) => {
        keys.splice(keys.indexOf(get(params.id)), 1);
        store.save();
        return { status: 204 };
      },
    },
  ];
}
