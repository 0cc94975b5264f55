import type { System } from "./sandbox.ts";

const debian = `
  find /etc/relay4in6* /etc/network /etc/systemd /etc/sysusers.d /etc/tmpfiles.d /var/lib/relay4in6* -type f ! -path '*/keys/*' -exec cksum {} + 2>/dev/null | sort
  find /etc/systemd /var/lib -name '*relay4in6*' -printf '%p %y %l\\n' 2>/dev/null | sort
  find /var/lib/relay4in6 /run/relay4in6-follow -printf '%M %p\\n' 2>/dev/null | sort
  ls -d /sys/class/net/*wrap* 2>/dev/null; ip rule | sort; ip -4 route show table all | sort
  ip -6 rule | sort; ip -6 route show table all | grep -E 'c0a8|4242' | sort
  ip -6 addr show dev eth0 scope global | grep inet6 | sort; cat /proc/sys/net/ipv4/ip_forward
  { iptables-save; ip6tables-save; } 2>/dev/null | grep RELAY4IN6 | sed 's/ \\[.*//'
  nft -s list tables | grep -vE '^table ip6? (filter|mangle|nat|raw)$' | sort; nft -s list table ip relay4in6 2>/dev/null; ipset save | sed 's/ initval .*//' | sort
  getent passwd relay4in6 || true`;

// The relay's answer to a home that moved is there while it is waited for.
const openwrt = `
  find /etc/relay4in6* /etc/init.d /etc/rc.d /lib/upgrade/keep.d /etc/dropbear ! -type d ! -path '*/keys/*' | sort | xargs md5sum
  find /etc/relay4in6* /etc/rc.d 2>/dev/null | sort; ls -l /etc/relay4in6/keys 2>/dev/null | cut -c 1-10
  uci show | grep relay4in6 | sort; uci changes
  ls /sys/class/net | grep wrap; ip rule | sort; ip -4 route show table all | sort
  ip -6 rule | sort; ip -6 route show table all | grep -E 'c0a8|4242' | sort; ip -6 addr show dev br-lan scope global | sed 's/ tentative//'
  nft -s list ruleset; ls /var/run | grep relay4in6 | grep -v answer; ! grep -q '[/]relay4in6/follow' /proc/[0-9]*/cmdline || echo it follows`;

/**
 * Commands that show all that is ours on the disk and alive, but the text of keys: those are made anew. Nor iptables' own
 * tables: a first use leaves them, and a loss of power takes them.
 */
export const everything: Readonly<Record<System, string>> = { debian, openwrt };
