import type { HomePlan, Tunnel } from "./types.ts";

/** The tunnels that end at a home, the preferred one first. */
export function tunnelsOf({ tunnel, spare }: HomePlan): Tunnel[] {
  return spare === undefined ? [tunnel] : [tunnel, spare];
}

/** The systemd unit of a Debian home that keeps open what lies between it and the relay. */
export function keepaliveUnit({ spare }: HomePlan): "relay4in6-keepalive" | "relay4in6-failover" {
  return spare === undefined ? "relay4in6-keepalive" : "relay4in6-failover";
}
