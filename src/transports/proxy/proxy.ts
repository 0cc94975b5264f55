import { hostOf, type ProcessTransport, type Relayed } from "../transport.ts";

/**
 * HAProxy on the relay: it ends the client's TCP connection and makes another one to the server, over IPv6. Nothing
 * stands at home, so the server or its router lets the relay in as it would any client.
 */
export const proxy: ProcessTransport = {
  kind: "proxy",
  title: "HAProxy on the relay",
  carries: ["tcp"],
  speaksProxyProtocol: true,
  packages: ["haproxy"],
  // Debian starts one with a configuration of the package's; ours has its own unit.
  idlePackages: ["haproxy"],
  files: (services, publicIpv4) => [
    {
      path: "/etc/relay4in6/haproxy.cfg",
      template: new URL("haproxy.cfg", import.meta.url),
      values: {
        publicIpv4,
        proxies: services.map(proxyOf),
        ...(services.some(({ server }) => "name" in server) ? { names: true } : {}),
      },
    },
    {
      path: "/etc/systemd/system/relay4in6-proxy.service",
      template: new URL("relay4in6-proxy.service", import.meta.url),
      values: {},
    },
  ],
};

/** A service in HAProxy's words (configuration manual, 4.2 bind, 5.2 server options). */
function proxyOf({ home, first, last, server, toPort, proxyProtocol }: Relayed) {
  const isRange = first !== last;
  const host = hostOf(server);
  return {
    name: isRange ? `tcp-${first}-${last}` : `tcp-${first}`,
    ports: isRange ? `${first}-${last}` : `${first}`,
    home,
    // Without a port, HAProxy connects to the one that the client came by.
    server: isRange ? host : `${host}:${toPort ?? first}`,
    options: [
      // Of a range, any port may have nobody who listens: no one tells of the others.
      ...(isRange ? [] : ["check inter 10s fall 3 rise 1"]),
      ...("name" in server ? ["resolvers homes resolve-prefer ipv6 init-addr last,libc,none"] : []),
      ...(proxyProtocol ? ["send-proxy-v2"] : []),
    ],
  };
}
