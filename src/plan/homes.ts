import type { HomePlan, Tunnel, TunnelToEndpoint } from "./types.ts";

/** The tunnels that end at a home, the preferred one first. */
export function tunnelsOf({ tunnel, spare }: HomePlan): Tunnel[] {
  return spare === undefined ? [tunnel] : [tunnel, spare];
}

/** Whether the relay is told where this home is, and lets in only what comes from there. */
export function isKnownByEndpoint(tunnel: Tunnel): tunnel is TunnelToEndpoint {
  return tunnel.knownBy === "endpoint";
}

/** That of a home's tunnels which ends at its endpoint, if one does. */
export function endpointTunnel(home: HomePlan): TunnelToEndpoint | undefined {
  return tunnelsOf(home).find(isKnownByEndpoint);
}

/** The systemd unit of a Debian home that keeps open what lies between it and the relay. */
export function keepaliveUnit({ spare }: HomePlan): "relay4in6-keepalive" | "relay4in6-failover" {
  return spare === undefined ? "relay4in6-keepalive" : "relay4in6-failover";
}
