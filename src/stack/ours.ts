import { z } from "zod";

/** How the cloud's API is asked. */
export interface CloudAccess {
  /** Ends in `/v1`. */
  endpoint: string;
  token: string;
}

/** What the relay is made of, in an order in which it can be deleted. */
export const KINDS = ["servers", "firewalls", "primary_ips", "ssh_keys"] as const;
type CloudKind = (typeof KINDS)[number];

/** Something in the cloud that has this stack's labels. */
export interface Ours {
  kind: CloudKind;
  id: number;
  name: string;
}

const entry = z.object({ id: z.number(), name: z.string(), labels: z.record(z.string(), z.string()) });

/**
 * What the cloud has with these labels. An answer that was lost on its way leaves something that no state knows:
 * it is found by its labels, taken over by the next `up`, and deleted by `destroy`.
 *
 * @throws Error when the API does not answer with success
 */
export async function ours(access: CloudAccess, labels: Readonly<Record<string, string>>): Promise<Ours[]> {
  const selector = Object.entries(labels)
    .map(([key, value]) => `${key}==${value}`)
    .join(",");
  const found: Ours[] = [];
  for (const kind of KINDS) {
    const query = `label_selector=${encodeURIComponent(selector)}&per_page=50`;
    const page = z
      .object({ [kind]: z.array(entry) })
      .parse(await askCloud(access, "GET", `/${kind}?${query}`));
    // A cloud that does not know selectors would list what is not ours.
    const list = (page[kind] ?? []).filter(({ labels: has }) =>
      Object.entries(labels).every(([key, value]) => has[key] === value),
    );
    found.push(...list.map(({ id, name }) => ({ kind, id, name })));
  }
  return found;
}

/** Deletes what `ours` found; an address is free only some time after its server was deleted. */
export async function deleteOurs(access: CloudAccess, found: readonly Ours[]): Promise<void> {
  for (const { kind, id } of found) {
    for (let tries = 1; ; tries++) {
      try {
        await askCloud(access, "DELETE", `/${kind}/${id}`);
        break;
      } catch (error) {
        if (tries === 30) throw error;
        await new Promise((resolve) => setTimeout(resolve, 1_000));
      }
    }
  }
}

/**
 * One call of the cloud's API; a deletion of what is gone is none.
 *
 * @throws Error for an answer other than success
 */
export async function askCloud(
  { endpoint, token }: CloudAccess,
  method: string,
  path: string,
  body?: unknown,
): Promise<unknown> {
  const response = await fetch(`${endpoint}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (method === "DELETE" && response.status === 404) return undefined;
  if (!response.ok) throw new Error(`the cloud answers ${method} ${path} with ${response.status}: ${text}`);
  return text === "" ? undefined : JSON.parse(text);
}
