import { refused } from "./errors.ts";

/** The addresses that the cloud may hand out, in this order. */
export interface AddressPool {
  ipv4: string[];
  /** Prefixes of length 64, such as `2001:db8:1:1::/64`. */
  ipv6: string[];
}

/** 203.0.113.10 to .250 and 240 networks of 2001:db8:1::/48: for use inside the lab's namespaces only. */
export function documentationAddresses(): AddressPool {
  return {
    ipv4: Array.from({ length: 241 }, (_, n) => `203.0.113.${n + 10}`),
    ipv6: Array.from({ length: 240 }, (_, n) => `2001:db8:1:${(n + 1).toString(16)}::/64`),
  };
}

/**
 * The next free address after the one handed out last, so that a deleted one does not come back at once.
 * @param cursor where to start; returned moved on
 * @throws ApiError 403 when all are in use
 */
export function nextFree(pool: string[], used: Set<string>, cursor: number): { ip: string; cursor: number } {
  for (let step = 0; step < pool.length; step += 1) {
    const at = (cursor + step) % pool.length;
    const ip = pool[at];
    if (ip !== undefined && !used.has(ip)) return { ip, cursor: at + 1 };
  }
  throw refused("resource_limit_exceeded", "primary IP limit exceeded", 403);
}
