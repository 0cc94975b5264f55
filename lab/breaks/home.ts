/**
 * What can be broken on the first home's OpenWrt router, and at its server.
 */
import { type Break, nftRule, setting } from "./break.ts";

const reload = "/etc/init.d/relay4in6 reload";

const ASSIGNED = "/tmp/lab-break-ip6assign";

/** Breaks of the OpenWrt home. */
export const homeBreaks: readonly Break[] = [
  {
    name: "firewall-rule",
    at: "home",
    what: "the firewall rule for protocol 4 is missing: answers get in, what begins outside does not",
    finding: "firewall-cold",
    break: "uci -q delete firewall.relay4in6_tunnel; uci commit firewall; /etc/init.d/firewall reload",
    mend: "sed -n '/relay4in6_tunnel/s/^/set /p' /etc/relay4in6/firewall.uci | uci batch; uci commit firewall; /etc/init.d/firewall reload",
  },
  {
    name: "rule",
    at: "home",
    what: "the routing rule for answers is gone",
    finding: "rule-lost",
    break: "while ip rule del priority 4241 2>/dev/null; do :; done",
    mend: "ip rule del priority 4241 2>/dev/null; ip rule add priority 4241 fwmark 0x1000000/0xff000000 lookup 42",
  },
  {
    name: "route",
    at: "home",
    what: "the route by the tunnel is gone",
    finding: "route-lost",
    break: "ip route del default table 42",
    mend: reload,
  },
  {
    name: "reply",
    at: "home",
    what: "answers leave through DS-Lite: nothing marks what came by the tunnel",
    finding: "reply-elsewhere",
    break: "nft delete table ip relay4in6",
    mend: reload,
  },
  {
    name: "reply-rule",
    at: "home",
    what: "answers leave through DS-Lite: another program's routing rule takes them first",
    finding: "reply-elsewhere",
    break: "ip rule add priority 1000 lookup main",
    mend: "ip rule del priority 1000 2>/dev/null || true",
  },
  {
    name: "rp-filter",
    at: "home",
    what: "strict reverse path filtering on the tunnel",
    finding: "rp-filter",
    ...setting("/proc/sys/net/ipv4/conf/wrap1/rp_filter", "1"),
  },
  {
    name: "tunnel",
    at: "home",
    what: "the tunnel's device is gone",
    finding: "tunnel-missing",
    break: "ip -6 tunnel del wrap1",
    mend: reload,
  },
  {
    name: "endpoint",
    at: "home",
    what: "the endpoint is on no device",
    finding: "endpoint-missing",
    break: "ip -6 address del $(cat /etc/relay4in6/endpoint)/128 dev br-lan",
    mend: reload,
  },
  {
    name: "encaplimit",
    at: "home",
    what: "the tunnel has an encapsulation limit",
    finding: "encaplimit",
    break: "ip -6 tunnel change wrap1 encaplimit 4",
    mend: reload,
  },
  {
    name: "staged",
    at: "home",
    what: "somebody's changes of the network are not saved",
    finding: "staged-changes",
    break: "uci set network.lan.lab_break=1",
    mend: "uci revert network",
  },
  {
    name: "server",
    at: "server",
    what: "the server's own firewall drops the service",
    finding: "service-silent",
    ...nftRule("type filter hook input priority 0", "tcp dport 443 drop"),
  },
  {
    name: "prefix-unassigned",
    at: "home",
    what: "the router's LAN takes no part of the prefix that is delegated to it",
    finding: "prefix-missing",
    break: `[ -e ${ASSIGNED} ] || uci get network.lan.ip6assign >${ASSIGNED}
      uci delete network.lan.ip6assign; uci commit network; /etc/init.d/network reload`,
    mend: `[ ! -e ${ASSIGNED} ] || { uci set "network.lan.ip6assign=$(cat ${ASSIGNED})"; uci commit network; rm ${ASSIGNED}; /etc/init.d/network reload; sleep 5; ${reload}; }`,
  },
  {
    // The last of this home: what its mending starts goes on for a while, and would mend the next one as well.
    name: "prefix",
    at: "home",
    what: "the router has lost the prefix that was delegated to it; its own private one is left",
    finding: "prefix-private",
    break: "ifdown wan6",
    mend: `ifup wan6; ${reload}`,
  },
  {
    name: "ends",
    at: "home",
    what: "the router's tunnel leads to another address than the relay's",
    finding: "tunnel-ends",
    break: "ip -6 tunnel change wrap1 mode ipip6 remote 2001:db8:1:dead::1",
    mend: reload,
  },
];
