import { type Check, endsOf } from "./check.ts";

/** Seconds: more than any SSH connection takes, less than what certificates and signed package lists forgive. */
const tolerable = 60;

/** A wrong clock breaks updates and certificates, and makes nonsense of what logs and `status` say. */
export const clock: Check = (subject) =>
  endsOf(subject)
    .filter(({ view }) => Math.abs(view.skew) > tolerable)
    .map(({ name, kind, view, home }) => ({
      id: "clock-skew" as const,
      where: name,
      what: `its clock is ${Math.round(Math.abs(view.skew))} s ${view.skew > 0 ? "ahead of" : "behind"} this machine's`,
      cure:
        kind === "openwrt"
          ? "see that the router reaches a time server: /etc/init.d/sysntpd restart"
          : "see that it reaches a time server: timedatectl set-ntp true; timedatectl status (or correct this machine's clock)",
      severity: "degraded" as const,
      ...(home === undefined ? {} : { home }),
    }));
