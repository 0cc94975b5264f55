import type { Tunnel } from "../../plan/index.ts";
import { tunnelTransports } from "../../transports/index.ts";
import { type Check, crosses, endsOf } from "./check.ts";

/** Linux 6.12.67 broke receiving by ip6tnl, 6.12.71 mended it. */
const broken = { line: "6.12", first: 67, last: 70 };

/** A kernel whose ip6tnl throws away what it receives. */
export const kernel: Check = (subject) =>
  endsOf(subject)
    .filter(
      ({ view, tunnels }) =>
        isBroken(view.kernel) &&
        tunnels.some(isIp6tnl) &&
        !tunnels.every(({ home }) => crosses(subject, home)),
    )
    .map(({ name, kind, view, home }) => ({
      id: "kernel-ip6tnl" as const,
      where: name,
      what: `Linux ${view.kernel} drops what an ip6tnl tunnel receives (6.12.67 to 6.12.70 do)`,
      cure:
        kind === "openwrt"
          ? "upgrade OpenWrt to a release with Linux 6.12.71 or later (sysupgrade)"
          : "apt-get update && apt-get install linux-image-cloud-amd64 (or the image that it runs), then reboot",
      severity: "down" as const,
      ...(home === undefined ? {} : { home }),
    }));

/** ip6_gre receives by the same code. */
function isIp6tnl({ transport }: Tunnel): boolean {
  return tunnelTransports[transport].needs.module.startsWith("ip6_");
}

function isBroken(release: string): boolean {
  const [, line, patch] = /^(\d+\.\d+)\.(\d+)/.exec(release) ?? [];
  return line === broken.line && Number(patch) >= broken.first && Number(patch) <= broken.last;
}
