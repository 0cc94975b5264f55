/**
 * Proofs of the packets: segment sizes, and a large transfer in one piece.
 */

import { tcp } from "./asking.ts";
import { firstPacket } from "./capture.ts";
import type { Place, Places } from "./places.ts";
import type { Proof } from "./proof.ts";

/** What each side is told of the other's segments. @param mss as planned, in bytes */
export function segments(relay: string, mss: number): Proof[] {
  return [
    {
      name: "MSS of the client's SYN at the server",
      expected: `${mss}`,
      measure: (places) =>
        mssSeen(
          places.server,
          "tcp[tcpflags] & (tcp-syn|tcp-ack) == tcp-syn and dst port 443",
          places,
          relay,
        ),
    },
    {
      name: "MSS of the server's SYN-ACK at the client",
      expected: `${mss}`,
      measure: (places) =>
        mssSeen(
          places.client,
          "tcp[tcpflags] & (tcp-syn|tcp-ack) == (tcp-syn|tcp-ack) and src port 443",
          places,
          relay,
        ),
    },
  ];
}

/** @param mss as planned, in bytes */
export function packets(relay: string, mss: number): Proof[] {
  return [
    ...segments(relay, mss),
    {
      name: "100 MB from the server arrive, without a fragment",
      expected: "100000000 bytes, 0 fragments",
      measure: async (places) => {
        const before = await fragments(places);
        const bytes = await places.client.say(`socat -u -T60 TCP4:${relay}:5002 - | wc -c`, 300);
        return `${bytes} bytes, ${(await fragments(places)) - before} fragments`;
      },
    },
    {
      name: "100 MB from the client arrive, without a fragment",
      expected: "100000000 bytes, 0 fragments",
      measure: async (places) => {
        const before = await fragments(places);
        const bytes = await places.client.say(
          `head -c 100000000 /dev/zero | socat -t60 -T60 - TCP4:${relay}:5003`,
          300,
        );
        return `${bytes} bytes, ${(await fragments(places)) - before} fragments`;
      },
    },
  ];
}

function mssSeen(at: Place, filter: string, { client }: Places, relay: string): Promise<string> {
  return firstPacket(at, filter, "s/.*mss \\([0-9]*\\).*/\\1/p", () => client.attempt(tcp(relay, 443)));
}

/** Fragments made or put together, IPv4 and IPv6, by every machine on the way. */
async function fragments({ client, server, relay, home }: Places): Promise<number> {
  const counters = "cat /proc/net/snmp /proc/net/snmp6";
  const texts = await Promise.all([client, server, relay, home].map((place) => place.say(counters)));
  return texts.map(countFragments).reduce((sum, count) => sum + count, 0);
}

/** Adds up what RFC 4293 counts of fragments, out of /proc/net/snmp and /proc/net/snmp6. */
export function countFragments(text: string): number {
  const lines = text.split("\n");
  const names = lines.find((line) => line.startsWith("Ip: F"))?.split(/\s+/) ?? [];
  const values = lines.find((line) => /^Ip: \d/.test(line))?.split(/\s+/) ?? [];
  const ipv4 = ["ReasmReqds", "FragCreates"].map((name) => Number(values[names.indexOf(name)] ?? Number.NaN));
  const ipv6 = ["Ip6ReasmReqds", "Ip6FragCreates"].map((name) =>
    Number(lines.find((line) => line.startsWith(name))?.split(/\s+/)[1] ?? Number.NaN),
  );
  return [...ipv4, ...ipv6].reduce((sum, count) => sum + count, 0);
}
