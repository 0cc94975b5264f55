import { atEndpoint } from "../config/homes.ts";
import type { Spec, TunnelHomeSpec } from "../config/spec.ts";
import type { Facts } from "../facts/facts.ts";
import { deriveEndpoint, endpointSuffix } from "./endpoint.ts";
import type { FollowPlan } from "./types.ts";

/** The relay's user that a home's key lets in, for one command. */
export const followUser = "relay4in6";

/** What a home end does when its prefix changes; undefined where it is not expected to. */
export function planFollow(home: TunnelHomeSpec, spec: Spec, { relay }: Facts): FollowPlan | undefined {
  // A written prefix stays; a manual home is followed by the relay alone, and one that dials needs no following.
  const { end, prefix, follow } = atEndpoint(home) ?? {};
  if (follow === undefined || end === "manual" || prefix !== "auto" || follow.by === "none") return undefined;
  const suffix = endpointSuffix(relay.ipv4);
  const hostKey = relay.hostKey ?? (spec.relay.provider === "existing" ? spec.relay.ssh.hostKey : undefined);
  if (follow.by !== "self" || hostKey === undefined) return { suffix };
  // The endpoint is the relay's one address that every home must reach anyway.
  const host = deriveEndpoint(relay.prefix, relay.ipv4);
  return { suffix, tell: { user: followUser, host, port: spec.relay.management.port, hostKey } };
}
