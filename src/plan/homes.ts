import type { HomePlan, Tunnel, TunnelIpv6, TunnelToEndpoint } from "./types.ts";

/** The tunnels that end at a home, the preferred one first. */
export function tunnelsOf({ tunnel, spare }: HomePlan): Tunnel[] {
  return spare === undefined ? [tunnel] : [tunnel, spare];
}

/** Whether the relay is told where this home is, and lets in only what comes from there. */
export function isKnownByEndpoint(tunnel: Tunnel): tunnel is TunnelToEndpoint {
  return tunnel.knownBy === "endpoint";
}

/** Whether IPv6 packets cross, too. */
export function carriesIpv6(tunnel: Tunnel): tunnel is Tunnel & { ipv6: TunnelIpv6 } {
  return tunnel.ipv6 !== undefined;
}

/** That of a home's tunnels which ends at its endpoint, if one does. */
export function endpointTunnel(home: HomePlan): TunnelToEndpoint | undefined {
  return tunnelsOf(home).find(isKnownByEndpoint);
}

/**
 * The address of which a Debian home sends something now and then, because IPv6 has a next header of its own in one of its
 * tunnels: another flow to a router in front, which nothing else keeps open. The relay answers nothing to it, and need not.
 */
export function ipv6KeptOpen(home: HomePlan): string | undefined {
  const isApart = tunnelsOf(home).some(({ outer }) => outer.protocol !== "udp" && outer.ofIpv6 !== undefined);
  return isApart ? home.tunnel.ipv6?.servers[0]?.address : undefined;
}

/** The systemd units of a Debian home that keep open what lies between it and the relay. Who asks every second does so. */
export function keepaliveUnits(home: HomePlan): ("relay4in6-failover" | "relay4in6-keepalive")[] {
  if (home.spare === undefined) return ["relay4in6-keepalive"];
  return ipv6KeptOpen(home) === undefined
    ? ["relay4in6-failover"]
    : ["relay4in6-failover", "relay4in6-keepalive"];
}
