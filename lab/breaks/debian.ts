/**
 * What can be broken on the second home's Debian server.
 */
import type { Break } from "./break.ts";

/** Breaks of the Debian home. */
export const debianBreaks: readonly Break[] = [
  {
    name: "module",
    at: "home2",
    what: "the kernel module of the tunnel is missing",
    finding: "module-missing",
    break: `ifdown --force wrap2; modprobe -r ip6_tunnel
      for file in $(find /lib/modules/$(uname -r)/ -name 'ip6_tunnel.ko*'); do mv "$file" "/root/$(basename "$file")"; echo "$file" >/root/lab-break-module; done`,
    mend: `[ ! -e /root/lab-break-module ] || { file=$(cat /root/lab-break-module); mv "/root/$(basename "$file")" "$file"; rm /root/lab-break-module; ifdown --force wrap2; ifup wrap2; }`,
  },
  {
    name: "clock",
    at: "home2",
    what: "the clock is an hour ahead",
    finding: "clock-skew",
    break: "[ -e /tmp/lab-break-clock ] || { date -s '+1 hour'; touch /tmp/lab-break-clock; }",
    mend: "[ ! -e /tmp/lab-break-clock ] || { date -s '-1 hour'; rm /tmp/lab-break-clock; }",
  },
  {
    name: "hooks",
    at: "home2",
    what: "a container engine has flushed the mangle table",
    finding: "packet-rules",
    break: "iptables -t mangle -F PREROUTING",
    mend: "/etc/relay4in6/rules up",
  },
  {
    name: "keepalive",
    at: "home2",
    what: "nothing keeps the router in front open",
    finding: "keepalive-off",
    break: "systemctl stop relay4in6-keepalive",
    mend: "systemctl start relay4in6-keepalive",
  },
];
