import { carriesIpv6 } from "../../plan/index.ts";
import { type Check, endsOf } from "./check.ts";

/** An end that passes packets on for others must be allowed to. A Debian home that is its own server need not. */
export const forwarding: Check = (subject) =>
  endsOf(subject)
    .filter(({ kind, tunnels }) => kind !== "debian" && tunnels.length > 0)
    .flatMap(({ name, home, view, tunnels }) => {
      const needs6 = tunnels.some(carriesIpv6);
      const off = [
        ...(view.forwards ? [] : [["net.ipv4.ip_forward", "IPv4"] as const]),
        ...(view.forwards6 || !needs6 ? [] : [["net.ipv6.conf.all.forwarding", "IPv6"] as const]),
      ];
      return off.map(([setting, family]) => ({
        id: "forwarding-off" as const,
        where: name,
        what: `${setting} is 0: it forwards no ${family} packet`,
        cure: `sysctl -w ${setting}=1, and look for the file in /etc/sysctl.d that says otherwise`,
        severity: "down" as const,
        ...(home === undefined ? {} : { home }),
      }));
    });
