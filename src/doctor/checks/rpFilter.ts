import { type Check, endsOf } from "./check.ts";

/**
 * Strict reverse path filtering (RFC 3704, 2.2) on a tunnel: what comes out of it has a source that the main
 * table would reach by another device, so it is dropped. The greater of `all` and the device counts.
 */
export const rpFilter: Check = (subject) =>
  endsOf(subject).flatMap((end) =>
    end.tunnels.flatMap(({ device, home }) => {
      const { [device]: own, all = 0 } = end.view.rpFilter;
      if (own === undefined || Math.max(own, all) !== 1) return [];
      const key = own === 1 ? device : "all";
      return {
        id: "rp-filter" as const,
        where: end.name,
        what: `rp_filter is strict (1) on ${device}: what comes out of the tunnel is dropped`,
        cure: `there: sysctl -w net.ipv4.conf.${device}.rp_filter=2, and look for the file in /etc/sysctl.d that sets net.ipv4.conf.${key}.rp_filter=1`,
        severity: "down" as const,
        home,
      };
    }),
  );
