/**
 * What others do on the way between relay and homes, and before the relay: at the core router.
 */
import { LAN } from "../network/topology.ts";
import { type Break, nftRule } from "./break.ts";

const forward = "type filter hook forward priority 0";

/** Breaks of the way. */
export const wayBreaks: readonly Break[] = [
  {
    name: "relay-ssh",
    at: "internet",
    what: "somebody's network lets no SSH out to the relay",
    finding: "relay-unreachable",
    ...nftRule(forward, 'oifname "cloud0" tcp dport 22 drop'),
  },
  {
    name: "home-ssh",
    at: "operator",
    what: "the operator's machine may not log in to the router",
    finding: "home-unreachable",
    ...nftRule("type filter hook output priority 0", `ip daddr ${LAN.router} tcp dport 22 drop`),
  },
  {
    name: "protocol-4",
    at: "internet",
    what: "IP protocol 4 is filtered on the way",
    finding: "protocol-filtered",
    ...nftRule(forward, "meta l4proto 4 drop"),
  },
  {
    name: "protocol-4-back",
    at: "internet",
    what: "IP protocol 4 is filtered on the way from the homes to the relay only",
    finding: "protocol-filtered",
    ...nftRule(forward, 'iifname "isp0" meta l4proto 4 drop'),
  },
  {
    name: "no-way",
    at: "internet",
    what: "the second home's line has no IPv6 any more",
    finding: "no-way",
    ...nftRule(forward, "ip6 daddr 2001:db8:b200::/40 drop"),
  },
  {
    name: "path-mtu",
    at: "internet",
    what: "a link on the way is narrower than the ends' lines, and says so",
    finding: "path-mtu",
    break: "ip link set isp0 mtu 1400",
    mend: "ip link set isp0 mtu 1500",
  },
  {
    name: "path-mtu-silent",
    at: "internet",
    what: "a link on the way is narrower than the ends' lines, and says nothing",
    finding: "path-mtu",
    ...nftRule(forward, "meta l4proto 4 ip6 length > 1360 drop"),
  },
  {
    name: "address",
    at: "internet",
    what: "the provider blocks the public address",
    finding: "address-blocked",
    ...nftRule(forward, "ip daddr 203.0.113.0/24 drop"),
  },
];
