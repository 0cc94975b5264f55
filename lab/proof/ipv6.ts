/**
 * IPv6 through the relay, to a server behind the home's router and to one that ends its tunnel itself: it comes and goes while
 * IPv4 transfers run, and goes on while transports change.
 */
import { Address6 } from "ip-address";
import type { Lab } from "../lab.ts";
import { startDaemon, stopDaemon } from "../network/daemon.ts";
import { OPERATOR } from "../network/internet.ts";
import { type Home, INTERNET, interfaceId, LAN } from "../network/topology.ts";
import { LAB } from "../places.ts";
import { step } from "../progress.ts";
import { placeNamed } from "../whereabouts.ts";
import { refused, tcp, udp } from "./asking.ts";
import { unchanged } from "./changes.ts";
import { Doctor } from "./doctor.ts";
import { proveFollow } from "./follow.ts";
import { carriedBy, twoPaths, wireguardOverIpv4 } from "./paths.ts";
import type { Place, Places } from "./places.ts";
import type { Proof, Report } from "./proof.ts";
import { seenAs } from "./services.ts";
import { changeConfig, type Pulumi, withTunnels } from "./stack.ts";
import { readyToTransfer, startTicks, transfers6, unnoticed, whileTransferring } from "./transfers.ts";
import { type Turn, take } from "./turn.ts";

const client6 = INTERNET.operator.ipv6;
/** The client's own port, which servers call. */
const clientPort = 7000;

/** The servers' addresses out of the relay's network, and the relay's own. */
interface Addresses {
  readonly server: string;
  readonly server2: string;
  readonly zwei: string;
  readonly relay: string;
}

/** @param lab with an OpenWrt home and a Debian one */
export async function proveIpv6(report: Report, pulumi: Pulumi, places: Places, lab: Lab): Promise<void> {
  const { homes } = lab;
  const { publicIpv4 } = await pulumi.outputs();
  const [router] = homes;
  if (router === undefined) throw new Error("IPv6 is proven with two homes.");
  await readyToTransfer(pulumi, places.home2);
  const meanwhile = (name: string, ipv6: boolean) =>
    step(`pulumi up: ${name}`, async () => {
      await changeConfig(({ homes }) => ({
        homes: homes.map(({ ipv6: _, ...home }) => (ipv6 ? { ...home, ipv6 } : home)),
      }));
      await whileTransferring(report, places, publicIpv4, name, unnoticed, async () => {
        await pulumi.up();
      });
    });
  await meanwhile("IPv6 comes", true);
  const addresses = await addressesOf(pulumi);
  await giveAddress(places.server, addresses.server, router);
  await giveAddress(places.server2, addresses.server2, router);
  await serve(places.home2, addresses.zwei);
  await startDaemon({
    name: "client6",
    namespace: OPERATOR,
    command: [process.execPath, `${LAB}/proof/answer.ts`, String(clientPort)],
    ready: /ready/,
  });
  try {
    await report.prove([...crossing(addresses), unchanged(pulumi, "--refresh")], places, "IPv6: ");
    await proveFollow(report, places, homes, publicIpv4);
    await report.prove(crossing(addresses), places, "IPv6, after other prefixes: ");
    await startTicks(places.home2, addresses.zwei);
    const others = transfers6(places, addresses);
    const internet = await placeNamed("internet", homes);
    const doctor = () => Doctor.of(lab, pulumi);
    for (const turn of [
      alone(places, "gre6", { transport: "gre6" }, "gre"),
      twoPaths(report, places, internet, publicIpv4, lab.mtu, doctor, others),
      alone(places, "wireguard over IPv4", wireguardOverIpv4, "wg"),
    ]) {
      const name = `IPv6, ${turn.name}`;
      await take({ ...turn, name }, report, pulumi, places, publicIpv4, others);
      await report.prove([...crossing(addresses), unchanged(pulumi, "--refresh")], places, `${name}: `);
    }
  } finally {
    await stopDaemon("client6");
  }
  await meanwhile("IPv6 goes", false);
  await report.prove([nothingLeft(addresses), unchanged(pulumi, "--refresh")], places, "IPv6 gone: ");
}

/** Both homes come to one tunnel. @param suffix of its devices' names */
function alone(
  places: Places,
  name: string,
  tunnel: Parameters<typeof withTunnels>[1],
  suffix: string,
): Turn {
  return {
    name: `both homes change to ${name}`,
    goesOn: true,
    change: (declared) => withTunnels(declared, tunnel),
    prove: () => carriedBy(places, `wrap1${suffix}`, `wrap2${suffix}`),
  };
}

/** As `up` tells them to people. */
async function addressesOf(pulumi: Pulumi): Promise<Addresses> {
  const { readme, endpoints } = await pulumi.outputs();
  const told = (server: string, home: string) => {
    const address = new RegExp(`^- ${server} of ${home} → ([0-9a-f:]+):`, "m").exec(readme)?.[1];
    if (address === undefined) throw new Error(`The readme names no IPv6 address of ${server} of ${home}.`);
    return address;
  };
  return {
    server: told(LAN.server, "haus"),
    server2: told(LAN.server2, "haus"),
    zwei: told(LAN.server, "zwei"),
    relay: endpoints.relay,
  };
}

/** What people do on a server behind a router; the default route stands for the router's advertisement. */
async function giveAddress(server: Place, address: string, { lanMac }: Home): Promise<void> {
  await server.say(`ip -6 addr replace ${address}/128 dev eth0 preferred_lft 0 nodad
ip -6 route replace default via fe80::${interfaceId(lanMac)} dev eth0`);
}

/** The Debian home has its address: what is started there says whom it sees. */
async function serve(home2: Place, address: string): Promise<void> {
  await home2.say(`systemctl is-active -q serve6 ||
systemd-run -q --unit=serve6 -- socat -t30 'TCP6-LISTEN:443,bind=[${address}],fork,reuseaddr' 'SYSTEM:echo $SOCAT_PEERADDR'`);
}

function crossing({ server, server2, zwei, relay }: Addresses): Proof[] {
  const asked = seenAs(client6, ({ operator }) => operator);
  return [
    asked("client's address, TCP, a single port", tcp(server, 443)),
    asked("client's address, TCP, the server's own port", tcp(server2, 443)),
    asked("client's address, UDP, a single port", udp(server2, 51820)),
    asked("client's address, UDP, in a range", udp(server2, 50005)),
    asked("client's address, TCP, whole address", tcp(server, 5050)),
    {
      ...asked("client's address, TCP, a Debian home", ""),
      // socat writes an address in full, in brackets.
      measure: async ({ operator }) =>
        new Address6((await operator.say(tcp(zwei, 443))).replace(/[[\]]/g, "")).correctForm(),
    },
    {
      name: "a port that is not declared",
      expected: "closed",
      measure: ({ operator }) => operator.say(refused(server2, 5001)),
    },
    seenAs(server, (p) => p.server)(
      "what a server starts from its address leaves by the relay",
      tcp(client6, clientPort, { from: `[${server}]` }),
    ),
    {
      name: "without egress: relay it does not",
      expected: "closed",
      measure: ({ server2: place }) => place.say(refused(client6, clientPort, `,bind=[${server2}]`)),
    },
    {
      name: "a source of the home's own network, out of the tunnel, reaches no server",
      expected: "relay seen, home not seen",
      measure: async ({ relay: place, home, server: at }) => {
        const prefix = await home.say(
          "ip -6 -o addr show dev br-lan scope global | sed -n 's|.* inet6 \\(2001:db8:[0-9a-f:]*\\)::1/6[0-4] .*|\\1|p' | head -n 1",
        );
        const seen = async (source: string) => {
          const listening = at.say(
            `timeout 12 tcpdump -n -l -c 1 -i eth0 'ip6 src ${source} and udp' 2>/dev/null | grep -c . || true`,
          );
          await place.say(
            `for n in 1 2 3 4 5; do echo forged | socat -u - 'UDP6:[${server}]:443,bind=[${source}]'; sleep 1; done`,
          );
          return (await listening) === "0" ? "not seen" : "seen";
        };
        const forged = `${prefix}::bad`;
        await place.say(`ip -6 addr replace ${forged}/128 dev lo nodad`);
        const found = `relay ${await seen(relay)}, home ${await seen(forged)}`;
        await place.say(`ip -6 addr del ${forged}/128 dev lo`);
        return found;
      },
    },
  ];
}

/** Neither a rule nor a route of IPv6, on any end. */
function nothingLeft({ server, zwei }: Addresses): Proof {
  const look = `{ ip -6 rule; ip -6 route show table all; ip -6 addr; } | grep -F -e ${server} -e ${zwei} -e 'metric 4242' || true
ip6tables-save 2>/dev/null | grep -E 'RELAY4IN6-(NEW|INTO)' || true
nft list table ip6 relay4in6 2>/dev/null | grep fib || true`;
  return {
    name: "no rule, route or address is left",
    expected: "nothing",
    measure: async ({ relay, home, home2 }) => {
      const left = await Promise.all([relay, home, home2].map((end) => end.say(look)));
      return left.join("\n").trim() || "nothing";
    },
  };
}
