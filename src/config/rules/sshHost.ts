import type { Fault } from "../../errors.ts";
import { ipv4, ipv6 } from "../addresses.ts";
import type { Rule } from "./rule.ts";
import { sshAccesses } from "./sshAccesses.ts";

const HOST_NAME =
  /^(?=.{1,253}$)[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)*\.?$/;
const ZONE = /^[A-Za-z0-9_.-]{1,15}$/;

function isHost(host: string): boolean {
  if (/^[0-9.]+$/.test(host)) return ipv4(host) !== undefined;
  if (!host.includes(":")) return HOST_NAME.test(host);
  const [address = "", zone, ...more] = host.split("%");
  return ipv6(address) !== undefined && (zone === undefined || ZONE.test(zone)) && more.length === 0;
}

function cureFor(host: string): string {
  if (host.includes("@")) return "write the part before the @ as `user`, the rest as `host`";
  if (/^\[.*\]$/.test(host)) return "write the address without brackets";
  if (/^([0-9.]+|[A-Za-z][A-Za-z0-9.-]*):\d+$/.test(host)) return "write what follows the colon as `port`";
  return "write an IPv4 address, an IPv6 address without brackets, or a host name";
}

/** `host` is one machine for SSH: no user, port, brackets or shell words in it. */
export const sshHost: Rule = (draft) =>
  sshAccesses(draft).flatMap(({ key, access: { host } }): Fault[] => {
    if (host === undefined || isHost(host)) return [];
    const problem = "is neither an address nor a host name";
    return [{ key: `${key}.host`, value: host, problem, cure: cureFor(host) }];
  });
