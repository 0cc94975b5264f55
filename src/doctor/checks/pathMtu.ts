import type { Check } from "./check.ts";

/** Full packets have to cross in one piece: small ones that cross say nothing of that. */
export const pathMtu: Check = ({ plan, seen, found }) =>
  plan.homes.flatMap(({ name, tunnel }) => {
    const largest = seen.crossings[name]?.largest;
    if (largest === undefined || largest >= tunnel.mtu) return [];
    const { overhead } = tunnel;
    // An end that makes its packets longer, or takes only shorter ones, has been named.
    if (found.some(({ id, home }) => home === name && (id === "encaplimit" || id === "tunnel-mtu")))
      return [];
    return {
      id: "path-mtu" as const,
      where: `between relay and ${name}`,
      what: `packets of more than ${largest} bytes do not cross ${tunnel.device}, whose MTU is ${tunnel.mtu}: the path takes ${largest + overhead} bytes, not ${tunnel.mtu + overhead}`,
      cure: `give the home's line its real MTU, ${largest + overhead}: on OpenWrt, uci set network.wan6.mtu=${largest + overhead}; uci commit network; ifup wan6 (on a Debian home, the MTU of its device); then pulumi up`,
      severity: "degraded" as const,
      home: name,
    };
  });
