import { pathsOf } from "./homes.ts";
import type { Crossed, DebianHomeSpec, HomeSpec, OpenwrtHomeSpec } from "./spec.ts";

/**
 * A home that comes to another tunnel, with the one that it had as its second path: what both ends are given until the
 * new one carries. Pure.
 *
 * @param former the home as it was
 * @returns undefined where there is nothing to be led over: the tunnel is the same one, or one of two that were there
 * before; or where two cannot be had, which is with IPv6 and by hand
 */
export function withFormerPath(
  home: HomeSpec,
  former: HomeSpec | undefined,
): OpenwrtHomeSpec | DebianHomeSpec | undefined {
  if (former === undefined || !canHaveTwo(home) || !canHaveTwo(former)) return undefined;
  if (home.end !== former.end || home.ssh.host !== former.ssh.host || home.spare !== undefined)
    return undefined;
  if (pathsOf(former).some(({ transport }) => transport === home.transport)) return undefined;
  return { ...home, spare: crossedOf(former) };
}

function canHaveTwo(home: HomeSpec): home is OpenwrtHomeSpec | DebianHomeSpec {
  if (home.end === "debian") return home.ipv6 !== true;
  return home.end === "openwrt";
}

/** How a home is crossed to by the first of its paths. */
function crossedOf(home: OpenwrtHomeSpec | DebianHomeSpec): Crossed {
  if (home.knownBy === "endpoint") {
    const { knownBy, transport, prefix, follow } = home;
    return { knownBy, transport, prefix, follow };
  }
  const { knownBy, transport, wireguard } = home;
  return { knownBy, transport, ...(wireguard === undefined ? {} : { wireguard }) };
}
