import { type Check, endsOf } from "./check.ts";

/** An end that passes packets on for others must be allowed to. A Debian home that is its own server need not. */
export const forwarding: Check = (subject) =>
  endsOf(subject)
    .filter(({ kind, view, tunnels }) => kind !== "debian" && tunnels.length > 0 && !view.forwards)
    .map(({ name, home }) => ({
      id: "forwarding-off" as const,
      where: name,
      what: "net.ipv4.ip_forward is 0: it forwards no IPv4 packet",
      cure: "sysctl -w net.ipv4.ip_forward=1, and look for the file in /etc/sysctl.d that says otherwise",
      severity: "down" as const,
      ...(home === undefined ? {} : { home }),
    }));
