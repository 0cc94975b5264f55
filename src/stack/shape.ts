import type { Spec } from "../config/index.ts";
import type { HomeFacts } from "../facts/index.ts";
import { plan } from "../plan/index.ts";
import { type Bundle, render } from "../render/index.ts";

/** A relay that is none: addresses of the documentation (RFC 5737, RFC 3849). */
const exampleRelay = { ipv4: "192.0.2.1", prefix: "2001:db8::/64", mtu: 1500, hostKey: "ssh-ed25519 AAAA" };

/**
 * The bundles as they will be but for their text: which files each end gets is known before the relay has an
 * address, so the first preview can list them.
 */
export function shapes(spec: Spec, homes: Record<string, HomeFacts>): Bundle[] {
  return render(plan(spec, { relay: exampleRelay, homes }));
}
