import type { TunnelHomeSpec } from "../config/spec.ts";
import type { HomeFacts } from "./facts.ts";

/** What a home is taken to be where nobody could be asked: an OpenWrt or Debian machine as it comes. */
export function assumeHome(
  home: TunnelHomeSpec,
  prefix?: string,
  addresses: readonly string[] = [],
): HomeFacts {
  const given = home.lan === "auto" ? undefined : home.lan;
  return {
    ...(prefix === undefined ? {} : { prefix }),
    mtu: 1500,
    lan: {
      prefixes: given === undefined ? [] : [given.prefix],
      device: given?.device ?? (home.end === "openwrt" ? "br-lan" : "eth0"),
      zone: "lan",
    },
    interfaces: home.end === "openwrt" ? ["lan", "wan6"] : [],
    addresses,
  };
}
