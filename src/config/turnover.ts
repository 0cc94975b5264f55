import type { Crossed, DebianHomeSpec, HomeSpec, OpenwrtHomeSpec } from "./spec.ts";

/**
 * A home that comes to another tunnel, as both ends have it until the new one carries: with the former tunnel as its second
 * path. Of two former ones that is the one that stays apart from the new: it goes on where what carries the new fails. Pure.
 *
 * @param former the home as it was
 * @returns undefined where there is nothing to be led over: the tunnel is of the same kind, which is changed where it
 * stands, or two are wanted; or where two cannot be had, which is by hand
 */
export function withFormerPath(
  home: HomeSpec,
  former: HomeSpec | undefined,
): OpenwrtHomeSpec | DebianHomeSpec | undefined {
  if (former === undefined || !canHaveTwo(home) || !canHaveTwo(former)) return undefined;
  if (home.end !== former.end || home.ssh.host !== former.ssh.host || home.spare !== undefined)
    return undefined;
  const paths: readonly Crossed[] = former.spare === undefined ? [former] : [former, former.spare];
  const apart = paths.find(
    ({ knownBy, transport }) =>
      transport !== home.transport && (paths.length === 1 || knownBy !== home.knownBy),
  );
  return apart === undefined ? undefined : { ...home, spare: crossedOf(apart) };
}

function canHaveTwo(home: HomeSpec): home is OpenwrtHomeSpec | DebianHomeSpec {
  return home.end === "openwrt" || home.end === "debian";
}

function crossedOf(home: Crossed): Crossed {
  if (home.knownBy === "endpoint") {
    const { knownBy, transport, prefix, follow } = home;
    return { knownBy, transport, prefix, follow };
  }
  const { knownBy, transport, wireguard } = home;
  return { knownBy, transport, ...(wireguard === undefined ? {} : { wireguard }) };
}
