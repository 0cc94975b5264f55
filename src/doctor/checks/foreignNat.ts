import type { Plan } from "../../plan/index.ts";
import { type Case, type Check, relayOf } from "./check.ts";

/** Somebody else's translation that takes a declared port first: the first one that matches decides. */
export const foreignNat: Check = (subject) => {
  const relay = relayOf(subject);
  if (relay === undefined) return [];
  const taking = relay.foreignNat.filter((rule) => takes(rule, subject));
  if (taking.length === 0) return [];
  return [
    {
      id: "foreign-nat",
      where: "relay",
      what: `a NAT rule of another program takes ports that lead home: ${taking.slice(0, 3).join("; ")}`,
      cure: "take that rule away, or declare other ports (docker: publish on another port, or on 127.0.0.1 only)",
      severity: "degraded",
    },
  ];
};

/** Whether such a translation takes this TCP port of the public address: nothing can be said of its server then. */
export function isTaken(subject: Case, port: number): boolean {
  const rules = relayOf(subject)?.foreignNat ?? [];
  return rules.some((rule) => takes(rule, subject, (protocol) => (protocol === "udp" ? [] : [[port, port]])));
}

type Range = readonly [first: number, last: number];

/**
 * Whether a rule, in nft's words, matches what comes for one of these ports of the public address.
 *
 * @param portsOf those of a protocol; of each, where it names none
 */
function takes(
  rule: string,
  { plan }: Case,
  portsOf: (protocol: string | undefined) => readonly Range[] = (protocol) => declared(plan, protocol),
): boolean {
  const address = /\bip daddr (!= )?(\{[^}]*\}|\S+)/.exec(rule);
  const { publicIpv4 } = plan.relay;
  if (address?.[2] !== undefined) {
    const names = address[2].includes(publicIpv4);
    if (names === (address[1] !== undefined)) return false;
  }
  // Of a bridge or a tunnel: what comes from the internet does not match.
  if (/\biifname (?!!=)"?(lo|docker|br-|veth|wrap)/.test(rule)) return false;
  const protocol = /\b(tcp|udp) dport/.exec(rule)?.[1];
  const ports = /\bdport (\{[^}]*\}|\S+)/.exec(rule)?.[1];
  if (ports === undefined) return true;
  const numbers = [...ports.matchAll(/(\d+)(?:-(\d+))?/g)].map(
    ([, first, last]) => [Number(first), Number(last ?? first)] as const,
  );
  return portsOf(protocol).some(([first, last]) => numbers.some(([from, to]) => from <= last && to >= first));
}

function declared({ relay }: Plan, protocol: string | undefined): Range[] {
  if (relay.wholeAddress !== undefined) return [[0, 65535]];
  const maps = protocol === "udp" ? [relay.udp] : protocol === "tcp" ? [relay.tcp] : [relay.tcp, relay.udp];
  return maps
    .flatMap(({ marks }) => marks)
    .map(({ ports }) => {
      const [first = 0, last = first] = ports.split("-").map(Number);
      return [first, last] as const;
    });
}
