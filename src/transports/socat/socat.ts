import { hostOf, type ProcessFile, type ProcessTransport, type Relayed } from "../transport.ts";

/** More would be more units than anybody wants to see in `systemctl`. */
const mostPorts = 64;

/**
 * What comes to a listening socket before it is bound to its first client (socat(1), UDP-LISTEN with fork: some milliseconds)
 * is taken for that client's, and answered to it. So the next client is let in only after that.
 */
const mostNewUdpClients = 20;

/**
 * socat on the relay, one unit for each port and protocol: it takes what a client sends and sends it on over IPv6.
 * The server sees the relay's address, whatever the protocol is.
 */
export const socat: ProcessTransport = {
  kind: "socat",
  title: "socat on the relay",
  carries: ["tcp", "udp"],
  mostPorts,
  mostNewUdpClients,
  speaksProxyProtocol: false,
  packages: ["socat"],
  idlePackages: [],
  files: (services, publicIpv4) => services.flatMap((service) => units(service, publicIpv4)),
};

function units(service: Relayed, publicIpv4: string): ProcessFile[] {
  const { protocol, first, last } = service;
  return Array.from({ length: last - first + 1 }, (_, offset) => ({
    path: `/etc/systemd/system/relay4in6-socat-${protocol}-${first + offset}.service`,
    template: new URL("relay4in6-socat.service", import.meta.url),
    values: unitValues(service, first + offset, publicIpv4),
  }));
}

function unitValues({ protocol, home, server, toPort }: Relayed, port: number, publicIpv4: string) {
  const host = hostOf(server);
  const addresses = { tcp: ["TCP4-LISTEN", "TCP6"], udp: ["UDP4-LISTEN", "UDP6"] } as const;
  const [listens, connects] = addresses[protocol];
  const listening = `${listens}:${port},bind=${publicIpv4},reuseaddr,fork,max-children=${mostChildren}`;
  const connecting = `${connects}:${host}:${toPort ?? port}`;
  return {
    protocol: protocol.toUpperCase(),
    port,
    home,
    tasks: mostChildren + 8,
    words:
      protocol === "tcp"
        ? ["-t", silence, `${listening},backlog=128,keepalive`, `${connecting},connect-timeout=5,keepalive`]
        : ["-T", silence, listening, connecting],
  };
}

/**
 * Seconds. UDP has no end: a flow is over that is silent for as long as a NAT has to wait (RFC 4787, 4.3). TCP has two:
 * a client that has said all it wants to say waits for as long, where socat would wait for half a second (socat(1), -t).
 */
const silence = "120";

/** Clients of one port at the same time; each is a process of about a megabyte. */
const mostChildren = 256;
