import { ipv4, ipv6 } from "./addresses.ts";
import type { DraftRelay } from "./draft.ts";
import type { ManagementSpec } from "./spec.ts";

/** The family that an own server's `host` is written in; undefined for a name, which can have both. */
export function familyOfHost(host: string | undefined): "ipv4" | "ipv6" | undefined {
  if (host === undefined) return undefined;
  if (ipv4(host)) return "ipv4";
  return ipv6(host.split("%")[0] ?? "") ? "ipv6" : undefined;
}

/** Port and family of the relay's own SSH, with the defaults of its provider. */
export function managementOf(relay: DraftRelay): ManagementSpec {
  const own = relay.provider === "existing" ? relay : undefined;
  return {
    port: relay.management?.port ?? own?.port ?? 22,
    over: relay.management?.over ?? familyOfHost(own?.host) ?? "ipv6",
  };
}
