import { isDeepStrictEqual } from "node:util";
import type { Crossed, DebianHomeSpec, HomeSpec, OpenwrtHomeSpec } from "./spec.ts";

/**
 * A home that comes to another tunnel, as both ends have it until the new one carries: with the former tunnel as its second
 * path, or, where it is the same tunnel carried in another way, with both ways let in. Pure.
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
  const { spare, ...first } = former;
  const paths = [crossedOf(first), ...(spare === undefined ? [] : [spare])];
  const same = paths.find(({ transport }) => transport === home.transport);
  if (same === undefined) return { ...home, spare: crossedOf(first) };
  return isDeepStrictEqual(same.wireguard, home.wireguard) ? undefined : { ...home, formerly: same };
}

function canHaveTwo(home: HomeSpec): home is OpenwrtHomeSpec | DebianHomeSpec {
  if (home.end === "debian") return home.ipv6 !== true;
  return home.end === "openwrt";
}

function crossedOf(home: Crossed): Crossed {
  if (home.knownBy === "endpoint") {
    const { knownBy, transport, prefix, follow } = home;
    return { knownBy, transport, prefix, follow };
  }
  const { knownBy, transport, wireguard } = home;
  return { knownBy, transport, ...(wireguard === undefined ? {} : { wireguard }) };
}
