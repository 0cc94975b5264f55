import { z } from "zod";
import type { Tunnel } from "../../plan/index.ts";
import { quote } from "../../render/index.ts";
import { list } from "./readEnd.ts";

/** Asks the kernel by which device an answer that bears the tunnel's mark leaves. 192.0.2.1 stands for any client. */
export function replyQuestion({ marks }: Tunnel): string {
  return `ip -4 -j route get 192.0.2.1 mark ${quote(marks.into.value)}`;
}

/** The device out of the answer; none where the kernel finds no way. */
export function replyDevice(text: string | undefined): string | undefined {
  return list(text, z.object({ dev: z.string() }))[0]?.dev;
}
