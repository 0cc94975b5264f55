/**
 * What can be broken on the relay.
 */
import { authorizedKeysFile } from "../../src/deliver/index.ts";
import { type Break, nftRule, setting } from "./break.ts";

const rulesUp = "/etc/relay4in6/rules up";
const remake = (device: string) => `ifdown --force ${device}; ifup ${device}`;

/** Room for five connections more to each hundred that there are. */
const small = setting(
  "/proc/sys/net/netfilter/nf_conntrack_max",
  "$(($(cat /proc/sys/net/netfilter/nf_conntrack_count) * 100 / 95))",
);

const ip6tnl = nftRule("type filter hook input priority 0", "meta nfproto ipv6 meta l4proto 4 drop");
const UNAME = "/usr/local/bin/uname";

/** Breaks of the relay. */
export const relayBreaks: readonly Break[] = [
  {
    name: "remote",
    at: "relay",
    what: "the relay takes the first home to be where it was before",
    finding: "prefix-moved",
    break: `cd /var/lib/relay4in6; [ -e /tmp/lab-break-wrap1 ] || cp wrap1 /tmp/lab-break-wrap1
      sed 's/^2001:db8:b1..:/2001:db8:b1ee:/' /tmp/lab-break-wrap1 >wrap1; ${remake("wrap1")}`,
    mend: `[ ! -e /tmp/lab-break-wrap1 ] || { cp /tmp/lab-break-wrap1 /var/lib/relay4in6/wrap1; rm /tmp/lab-break-wrap1; ${remake("wrap1")}; }`,
  },
  {
    name: "tunnel-mtu",
    at: "relay",
    what: "the tunnel's MTU is 1280",
    finding: "tunnel-mtu",
    ...setting("/sys/class/net/wrap1/mtu", "1280"),
  },
  {
    name: "mss",
    at: "relay",
    what: "no TCP segment size is set",
    finding: "mss",
    break: "iptables -t mangle -F RELAY4IN6-FORWARD",
    mend: rulesUp,
  },
  {
    name: "route-relay",
    at: "relay",
    what: "the route into the tunnel is gone",
    finding: "route-lost",
    break: "ip route flush table 42",
    mend: remake("wrap1"),
  },
  {
    name: "rule-relay",
    at: "relay",
    what: "the routing rule that leads into the tunnel is gone",
    finding: "rule-lost",
    break: "while ip rule del priority 4200 2>/dev/null; do :; done",
    mend: remake("wrap1"),
  },
  {
    name: "rp-filter-relay",
    at: "relay",
    what: "strict reverse path filtering on the tunnel",
    finding: "rp-filter",
    ...setting("/proc/sys/net/ipv4/conf/wrap1/rp_filter", "1"),
  },
  {
    name: "forwarding",
    at: "relay",
    what: "the relay forwards no IPv4",
    finding: "forwarding-off",
    ...setting("/proc/sys/net/ipv4/ip_forward", "0"),
  },
  {
    name: "packet-rules",
    at: "relay",
    what: "another program has flushed the firewall",
    finding: "packet-rules",
    break: "iptables -F FORWARD; ip6tables -F INPUT",
    mend: rulesUp,
  },
  {
    name: "services",
    at: "relay",
    what: "the table that leads ports home is gone",
    finding: "services-lost",
    break: "nft delete table ip relay4in6",
    mend: rulesUp,
  },
  {
    name: "admitted",
    at: "relay",
    what: "the relay's firewall knows no home",
    finding: "home-not-admitted",
    break: "ipset flush relay4in6-homes",
    mend: rulesUp,
  },
  {
    name: "keys",
    at: "relay",
    what: "somebody has tidied the homes' keys away",
    finding: "home-unheard",
    break: `[ ! -e ${authorizedKeysFile} ] || mv ${authorizedKeysFile} ${authorizedKeysFile}.lab-break`,
    mend: `[ ! -e ${authorizedKeysFile}.lab-break ] || mv ${authorizedKeysFile}.lab-break ${authorizedKeysFile}`,
  },
  {
    name: "foreign-nat",
    at: "relay",
    what: "somebody else's NAT rule takes port 443 first",
    finding: "foreign-nat",
    break:
      "nft 'add table ip other_program; add chain ip other_program first { type nat hook prerouting priority -110; }; add rule ip other_program first tcp dport 443 redirect to :8443'",
    mend: "nft delete table ip other_program 2>/dev/null || true",
  },
  {
    name: "own-firewall",
    at: "relay",
    what: "somebody's own firewall on the relay drops what leaves for the homes",
    finding: "tunnel-silent",
    ...nftRule("type filter hook output priority 0", "meta nfproto ipv6 meta l4proto 4 drop"),
  },
  {
    // Stands in for that kernel: its name, and that what arrives for ip6tnl goes nowhere. A rule drops it, not ip6tnl.
    name: "kernel",
    at: "relay",
    what: "the relay runs a kernel whose ip6tnl throws away what it receives",
    finding: "kernel-ip6tnl",
    break: `printf '#!/bin/sh\\necho 6.12.69+deb13-cloud-amd64\\n' >${UNAME}; chmod 755 ${UNAME}; ${ip6tnl.break}`,
    mend: `rm -f ${UNAME}; ${ip6tnl.mend}`,
  },
  {
    name: "conntrack",
    at: "relay",
    what: "the connection table is nearly full",
    finding: "conntrack-full",
    break: `seq 1 2000 | sed 's/.*/-A -t 900 -u SEEN_REPLY,ASSURED -s 192.0.2.77 -d 192.0.2.78 -r 192.0.2.78 -q 192.0.2.77 -p tcp --sport & --dport 9 --reply-port-src 9 --reply-port-dst & --state ESTABLISHED/' >/tmp/lab-break-connections
      conntrack -R /tmp/lab-break-connections
      ${small.break}`,
    mend: `${small.mend}
      conntrack -D -s 192.0.2.77 >/dev/null 2>&1 || true`,
  },
];
