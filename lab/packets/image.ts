import { ensureGuestImage } from "../guest/image.ts";
import type { Image } from "../machine/index.ts";

/** The image of the machine that the packets are sent through: the relay's tools, and scapy. */
export function ensurePacketImage(): Promise<Image> {
  return ensureGuestImage("packets", ["python3-scapy", "procps"]);
}
