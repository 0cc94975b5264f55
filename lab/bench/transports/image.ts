import { ensureGuestImage } from "../../guest/image.ts";
import type { Image } from "../../machine/index.ts";
import { ensurePeers } from "./peers.ts";

/** A relay, a home end and what sends between them, for every transport and for what is measured beside them. */
export async function ensureTransportsImage(): Promise<Image> {
  const packages = [
    ...["socat", "haproxy", "wireguard-tools"],
    ...["python3-minimal", "libpython3-stdlib", "procps"],
    // Without systemd-sysv: /sbin/init is a script of ours that hands over to it.
    "systemd",
  ];
  return ensureGuestImage("transports", packages, await ensurePeers());
}
