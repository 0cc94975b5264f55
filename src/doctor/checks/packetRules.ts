import { carriesIpv6, isKnownByEndpoint } from "../../plan/index.ts";
import type { Finding } from "../finding.ts";
import { type Check, homesOf, relayOf } from "./check.ts";
import { isSame } from "./prefix.ts";

/** What `rules up` hooks in on the relay. */
export const relayHooks = [
  "iptables raw PREROUTING",
  "iptables mangle PREROUTING",
  "iptables mangle OUTPUT",
  "iptables mangle FORWARD",
  "iptables nat POSTROUTING",
  "iptables filter INPUT",
  "iptables filter FORWARD",
  "ip6tables filter INPUT",
];

/** With IPv6, these as well. */
export const relayHooks6 = ["ip6tables mangle FORWARD", "ip6tables filter FORWARD"];

/** And on a Debian home. */
export const homeHooks = [
  "iptables mangle PREROUTING",
  "iptables mangle OUTPUT",
  "iptables filter INPUT",
  "iptables filter FORWARD",
  "ip6tables filter INPUT",
  "ip6tables filter FORWARD",
];
export const homeHooks6 = ["ip6tables mangle PREROUTING", "ip6tables mangle OUTPUT"];

/** Packet rules that somebody flushed: `iptables -F`, a firewall program that was installed, `nft flush ruleset`. */
export const packetRules: Check = (subject) => {
  const relay = relayOf(subject);
  const found: Finding[] = [];
  const lost = (
    where: string,
    hooks: readonly string[],
    wanted: readonly string[],
    home?: string,
  ): Finding[] => {
    const missing = wanted.filter((hook) => !hooks.includes(hook));
    if (missing.length === 0) return [];
    return [
      {
        id: "packet-rules",
        where,
        what: `packet rules are gone: nothing leads into ours from ${missing.join(", ")}`,
        cure: "there: /etc/relay4in6/rules up; then see what removes them (another firewall program)",
        severity: "down",
        ...(home === undefined ? {} : { home }),
      },
    ];
  };
  if (relay !== undefined) {
    const has6 = subject.plan.relay.tunnels.some(carriesIpv6);
    found.push(...lost("relay", relay.hooks, has6 ? [...relayHooks, ...relayHooks6] : relayHooks));
    if (!relay.translates) {
      found.push({
        id: "services-lost",
        where: "relay",
        what: "nothing translates the public address: the nftables table ip relay4in6 has no dnat rule",
        cure: "there: /etc/relay4in6/rules up",
        severity: "down",
      });
    }
    for (const { endpointName, home } of subject.plan.relay.tunnels.filter(isKnownByEndpoint)) {
      const remote = relay.remotes[endpointName];
      if (remote === undefined || relay.admitted.some((each) => isSame(each, remote))) continue;
      found.push({
        id: "home-not-admitted",
        where: "relay",
        what: `its firewall does not let in the tunnel's packets of ${home} (${remote} is not in the set relay4in6-homes)`,
        cure: "there: /etc/relay4in6/rules up",
        severity: "down",
        home,
      });
    }
  }
  for (const { home, view } of homesOf(subject)) {
    const wanted = carriesIpv6(home.tunnel) ? [...homeHooks, ...homeHooks6] : homeHooks;
    if (view.hooks !== undefined) found.push(...lost(home.name, view.hooks, wanted, home.name));
  }
  return found;
};
