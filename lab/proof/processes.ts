/**
 * `proxy` and `socat` on a lab that stands: two homes without an end are added, whose services are the Debian home's
 * server at its own IPv6 address, and taken away again. Nothing is set up at home but what their owner does: the
 * server listens, and the router lets the relay in.
 */
import { Address6 } from "ip-address";
import { poll } from "../command.ts";
import { INTERNET } from "../network/topology.ts";
import { addressIn, refused, tcp, udp } from "./asking.ts";
import type { Place, Places } from "./places.ts";
import type { Proof, Report } from "./proof.ts";
import type { Turn } from "./turn.ts";

/** Ports of the server at home. */
const PORT = { plain: 7443, announced: 7444, datagrams: 7445 };

const HOMES = [
  { name: "box", end: "none", transport: "proxy" },
  { name: "laube", end: "none", transport: "socat" },
];

/**
 * The two homes come, and go again.
 *
 * @param router of the Debian home
 * @param publicIpv4 the relay's
 */
export async function processTurns(
  report: Report,
  places: Places,
  router: Place,
  publicIpv4: string,
): Promise<Turn[]> {
  const server = await addressOf(places.home2);
  await router.say(
    `nft add rule inet simple_router forward ip6 daddr ${server} tcp dport '{ ${PORT.plain}, ${PORT.announced} }' accept
     nft add rule inet simple_router forward ip6 daddr ${server} udp dport ${PORT.datagrams} accept`,
  );
  const services = [
    { port: 7001, to: `[${server}]:${PORT.plain}`, home: "box" },
    { port: 7002, to: `[${server}]:${PORT.announced}`, home: "box", proxyProtocol: true },
    { port: 7003, to: `[${server}]:${PORT.plain}`, home: "laube" },
    { port: 7004, protocol: "udp", to: `[${server}]:${PORT.datagrams}`, home: "laube" },
  ];
  const isOurs = (name: unknown) => HOMES.some((home) => home.name === name);
  return [
    {
      name: "homes without an end are added",
      change: (declared) => ({
        homes: [...declared.homes, ...HOMES],
        services: [...services, ...declared.services],
      }),
      prove: async () => {
        await startServers(places.home2);
        // HAProxy looks every ten seconds whether a server that was away is there again.
        for (const port of [7001, 7002])
          await poll(`port ${port} by proxy`, 300_000, async () => {
            const { stdout } = await places.client.attempt(heard(publicIpv4, port));
            return stdout !== "" || undefined;
          });
        const proofs = carried(publicIpv4, await sourceAt(places.relay, server));
        await report.prove(proofs, places, "proxy and socat: ");
      },
    },
    {
      name: "homes without an end are taken away",
      change: (declared) => ({
        homes: declared.homes.filter(({ name }) => !isOurs(name)),
        services: declared.services.filter(({ home }) => !isOurs(home)),
      }),
      prove: () => report.prove(gone(publicIpv4), places, "after proxy and socat: "),
    },
  ];
}

/** @param relay address from which the relay calls the server */
function carried(publicIpv4: string, relay: string): Proof[] {
  const seen = (name: string, command: string): Proof => ({
    name: `the server sees the relay, ${name}`,
    expected: relay,
    measure: async ({ client }) => {
      const said = await client.say(command);
      const address = addressIn(said).replace(/^\[|\]$/g, "");
      return Address6.isValid(address) ? new Address6(address).correctForm() : said;
    },
  });
  return [
    // HAProxy gives up a connection whose client has said nothing and hung up before the server was reached.
    seen("TCP, proxy", heard(publicIpv4, 7001)),
    seen("TCP, socat", tcp(publicIpv4, 7003)),
    seen("UDP, socat", udp(publicIpv4, 7004)),
    {
      name: "the server is told the client's address, TCP, proxy with proxyProtocol",
      expected: INTERNET.client.ipv4,
      // Who calls stays silent, and does not hang up: what answers there would now and then end with it.
      measure: async ({ client }) => announced(await client.say(heard(publicIpv4, 7002))),
    },
  ];
}

/** What a server says to whom calls and stays silent. */
function heard(publicIpv4: string, port: number): string {
  return `socat -u -T8 TCP4:${publicIpv4}:${port},connect-timeout=8 - | head -n 1`;
}

/** Source in a header of the PROXY protocol, version 2, of TCP over IPv4. @param header hexadecimal */
function announced(header: string): string {
  // Signature, version and command, family and protocol, length (HAProxy's proxy-protocol.txt, 2.2).
  const [, source] = /^0d0a0d0a000d0a515549540a2111000c([0-9a-f]{8})/.exec(header) ?? [];
  return source === undefined ? `no header: ${header}` : Buffer.from(source, "hex").join(".");
}

/** What has been theirs. The first home's whole-address service has the ports again. */
function gone(publicIpv4: string): Proof[] {
  return [
    {
      name: "none of their processes, units or files is left on the relay",
      expected: "nothing",
      // The probe asks with socat, too: it listens nowhere.
      measure: async ({ relay }) =>
        (await relay.say(
          "ls /etc/relay4in6/haproxy.cfg /etc/systemd/system/relay4in6-proxy* /etc/systemd/system/relay4in6-socat* 2>/dev/null; pgrep -a haproxy; pgrep -af '[s]ocat .*LISTEN' || true",
        )) || "nothing",
    },
    {
      name: "nobody listens on their ports",
      expected: "closed",
      measure: ({ client }) => client.say(refused(publicIpv4, 7001)),
    },
  ];
}

/** The server's address in the delegated prefix: neither the tunnel's endpoint nor a local one. */
async function addressOf(home2: Place): Promise<string> {
  return poll("the Debian home's own IPv6 address", 300_000, async () => {
    const { stdout } = await home2.attempt(
      "ip -6 -o address show dev eth0 scope global -deprecated -tentative | sed -n 's|.* inet6 \\(2[^/]*\\)/64 .*|\\1|p'",
    );
    return stdout.split("\n")[0] || undefined;
  });
}

/** Address that a machine takes for its connections to another. */
async function sourceAt(place: Place, to: string): Promise<string> {
  return place.say(`ip -6 -o route get ${to} | sed 's/.* src \\([^ ]*\\) .*/\\1/'`);
}

/** Answers as units, so that a reboot ends them. */
async function startServers(home2: Place): Promise<void> {
  const units = {
    plain: `TCP6-LISTEN:${PORT.plain},fork,reuseaddr 'SYSTEM:echo $SOCAT_PEERADDR $SOCAT_PEERPORT'`,
    announced: `TCP6-LISTEN:${PORT.announced},fork,reuseaddr 'SYSTEM:head -c 28 | od -An -v -tx1 | tr -d \\" \\\\n\\"; echo'`,
    datagrams: `UDP6-RECVFROM:${PORT.datagrams},fork 'SYSTEM:echo $SOCAT_PEERADDR $SOCAT_PEERPORT'`,
  };
  for (const [name, words] of Object.entries(units)) {
    await home2.say(
      `systemctl is-active -q serve-${name} || systemd-run -q --unit=serve-${name} -- socat -t8 ${words}`,
    );
  }
}
