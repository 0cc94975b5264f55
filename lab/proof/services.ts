/**
 * Proofs of the services: who reaches whom, and with which address.
 */
import { INTERNET, LAN } from "../network/topology.ts";
import { addressIn, refused, tcp, udp } from "./asking.ts";
import { firstPacket } from "./capture.ts";
import type { Place, Places } from "./places.ts";
import type { Proof } from "./proof.ts";

const client = INTERNET.client.ipv4;

/** Makes proofs that whoever is asked sees the caller with this address. @param at where the caller is */
export function seenAs(address: string, at: (places: Places) => Place) {
  return (name: string, command: string): Proof => ({
    name,
    expected: address,
    measure: async (places) => addressIn(await at(places).say(command)),
  });
}

/** Each kind of service, from the client, and the address that the server sees. */
export function reachable(relay: string): Proof[] {
  const asked = seenAs(client, (p) => p.client);
  return [
    asked("client's address, TCP, a single port", tcp(relay, 443)),
    asked("client's address, UDP, a single port", udp(relay, 51820)),
    asked("client's address, TCP, in a range", tcp(relay, 50005)),
    asked("client's address, UDP, in a range", udp(relay, 50005)),
    asked("client's address, TCP, another port at the server", tcp(relay, 8443)),
    asked("client's address, TCP, whole address", tcp(relay, 5050)),
    asked("client's address, UDP, whole address", udp(relay, 5050)),
    asked("client's address, TCP, a Debian home", tcp(relay, 8080)),
    asked("client's address, TCP, a container at a Debian home", tcp(relay, 8081)),
    {
      name: "client's address, ICMP, whole address",
      expected: client,
      measure: ({ server, client }) =>
        firstPacket(server, "icmp[icmptype] == icmp-echo", "s/^ *\\([0-9.]*\\) > .*/\\1/p", () =>
          client.attempt(`ping -n -c 2 -i 0.5 -W 2 ${relay}`),
        ),
    },
  ];
}

/** How the home's own machines leave. */
export function leaving(relay: string): Proof[] {
  const byRelay = seenAs(relay, (p) => p.server);
  const byDsLite = seenAs(INTERNET.isp.nat, (p) => p.server2);
  return [
    byRelay("server's own connections come from the public address", tcp(client, 7000)),
    byRelay("server's own datagrams come from the public address", udp(client, 7000)),
    byDsLite("a server of single ports leaves through DS-Lite", tcp(client, 7000)),
    seenAs(relay, (p) => p.home2)(
      "a Debian home with egress: relay leaves through the relay",
      tcp(client, 7000),
    ),
    {
      name: "server reaches the LAN's other subnet",
      expected: "3 of 3",
      measure: async ({ server }) =>
        `${(await server.say(`ping -n -c 3 -i 1 -W 3 ${LAN.iotHost}`)).match(/(\d) received/)?.[1]} of 3`,
    },
    byDsLite("a LAN host reaches the service at the public address (hairpin)", tcp(relay, 443)),
    byRelay("the server reaches itself at the public address (hairpin)", tcp(relay, 443)),
  ];
}

/** Two homes with one LAN prefix, told apart by mark, table and zone. */
export function apart(relay: string): Proof[] {
  return [
    {
      name: "two homes, one LAN address, equal client ports inbound",
      expected: `${client} and ${client}`,
      measure: async ({ client: place }) => {
        const both = await Promise.all([
          place.say(tcp(relay, 443, { from: ":40000" })),
          place.say(tcp(relay, 9443, { from: ":40000" })),
        ]);
        return both.map(addressIn).join(" and ");
      },
    },
    {
      name: "two homes, one LAN address, equal source ports outbound",
      expected: `${relay} and ${relay}`,
      measure: async ({ server, home2 }) => {
        const both = await Promise.all([
          server.say(tcp(client, 7000, { from: ":41000" })),
          home2.say(tcp(client, 7000, { from: ":41000" })),
        ]);
        return both.map(addressIn).join(" and ");
      },
    },
  ];
}

/** What must not be reachable, on the relay and at home. */
export function unreachable(relayEndpoint: string): Proof[] {
  const through = (device: string) => `,so-bindtodevice=${device}`;
  const closed = (
    name: string,
    at: (places: Parameters<Proof["measure"]>[0]) => Place,
    command: string,
  ): Proof => ({
    name,
    expected: "closed",
    measure: (places) => at(places).say(command),
  });
  return [
    closed(
      "relay, from the internet over IPv6: an undeclared port",
      (p) => p.operator,
      refused(relayEndpoint, 80),
    ),
    closed(
      "home, from the relay: an undeclared server",
      (p) => p.relay,
      refused(LAN.operator, 22, through("wrap1")),
    ),
    closed(
      "home, from the relay: an undeclared port of a server",
      (p) => p.relay,
      refused(LAN.server2, 7, through("wrap1")),
    ),
    closed(
      "home, from the relay: the router itself",
      (p) => p.relay,
      refused(LAN.router, 22, through("wrap1")),
    ),
    closed(
      "Debian home, from the relay: its own SSH",
      (p) => p.relay,
      refused(LAN.server, 22, through("wrap2")),
    ),
    closed(
      "relay's own network, from home: the metadata service",
      (p) => p.server,
      refused(INTERNET.cloud.metadata, 80),
    ),
  ];
}
