import { z } from "zod";
import { readPrivateKey } from "../../config/index.ts";
import type { Target } from "../../deliver/index.ts";

/** How a resource says where its machine is. */
export const access = {
  host: z.string(),
  port: z.number(),
  user: z.string(),
  hostKey: z.string(),
  /** Path of the private key on the operator's machine: the key itself is in no state. */
  key: z.string().optional(),
};
const place = z.object({ name: z.string(), ...access });

/** The machine of a resource, with the private key as it is on this machine now. */
export async function targetOf(known: z.infer<typeof place>): Promise<Target> {
  const { name, host, port, user, hostKey, key } = known;
  const target = { name, host, port, user, hostKey };
  return key === undefined ? target : { ...target, privateKey: await readPrivateKey(key) };
}

/** Who is at work, for whoever finds a machine taken. */
export function holder(): string {
  return `${process.env["USER"] ?? "somebody"} since ${new Date().toISOString()}`;
}
