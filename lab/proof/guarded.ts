/**
 * A Hetzner Cloud Firewall before the relay, while both homes are reached by GRE: what is declared gets through, IPv4 in
 * IPv6 does not.
 */
import { INTERNET, LAN } from "../network/topology.ts";
import type { Places } from "./places.ts";
import type { Report } from "./proof.ts";
import { python } from "./python.ts";
import { leaving, reachable } from "./services.ts";
import type { Declared, Pulumi } from "./stack.ts";
import { take } from "./turn.ts";

/** @param relay the public address */
export async function proveCloudFirewall(
  report: Report,
  pulumi: Pulumi,
  places: Places,
  relay: string,
): Promise<void> {
  const { endpoints } = await pulumi.outputs();
  const proveArrived = async (when: string, expected: string) => {
    const measured = `${await arrived(places, endpoints.relay)} of 3`;
    const name = `${when} a Cloud Firewall: packets of protocol 4 that arrive at the relay`;
    await report.add({ name, ok: measured === expected, measured, expected });
  };
  await proveArrived("without", "3 of 3");
  const turn = {
    name: "a Cloud Firewall is put before the relay",
    goesOn: true,
    change: ({ relay }: Declared) => ({ relay: { ...relay, firewall: true } }),
    prove: async () => {
      await report.prove([...reachable(relay), ...leaving(relay)], places, "behind a Cloud Firewall: ");
      await proveArrived("behind", "0 of 3");
    },
  };
  await take(turn, report, pulumi, places, relay);
}

/** Of three that the operator's machine sends to the relay's endpoint. */
async function arrived({ operator, relay }: Places, endpoint: string): Promise<number> {
  const counting = (verb: string) =>
    `ip6tables -w -t raw -${verb} PREROUTING -p 4 -s ${INTERNET.operator.ipv6}`;
  await relay.say(counting("I"));
  try {
    await python(operator, "forge", [endpoint, LAN.server, INTERNET.client.ipv4, 7999, 3]);
    const counted = `ip6tables -w -t raw -nvxL PREROUTING | awk '/${INTERNET.operator.ipv6}/ { print $1 }'`;
    await relay.say(`for i in $(seq 50); do [ "$(${counted})" -lt 3 ] || break; sleep 0.1; done`);
    return Number(await relay.say(counted));
  } finally {
    await relay.say(counting("D"));
  }
}
