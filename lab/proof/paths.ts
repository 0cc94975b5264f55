/**
 * Two paths to each home: a second one comes beside the first, takes over when that fails and gives back, and stays alone,
 * while transfers run.
 */
import { setTimeout } from "node:timers/promises";
import { tunnelTransports } from "../../src/transports/index.ts";
import { nftRule } from "../breaks/break.ts";
import { poll } from "../command.ts";
import type { Doctor } from "./doctor.ts";
import { segments } from "./packets.ts";
import type { Place, Places } from "./places.ts";
import type { Report } from "./proof.ts";
import { leaving, reachable } from "./services.ts";
import { withTunnels } from "./stack.ts";
import { failover, type Transfer, unnoticed, whileTransferring } from "./transfers.ts";
import type { Turn } from "./turn.ts";

/** As a home's config has it. */
export const wireguardOverIpv4 = { transport: "wireguard", wireguard: { over: "ipv4" } } as const;

/** WireGuard's packets are dropped on the way, in both directions. */
const noWireguard = nftRule(
  "type filter hook forward priority 0",
  "meta l4proto udp th dport 24642-24643 drop; add rule inet lab_break broken meta l4proto udp th sport 24642-24643 drop",
);

/**
 * `gre6` gets `wireguard` over IPv4 beside it, and before it, which by the next turn stays alone.
 *
 * @param internet where the way is broken
 * @param lineMtu MTU of the homes' lines in bytes
 * @param others transfers that run as well
 */
export function twoPaths(
  report: Report,
  places: Places,
  internet: Place,
  relay: string,
  lineMtu: number,
  doctor: () => Promise<Doctor>,
  others: readonly Transfer[] = [],
): Turn {
  const prefix = "two paths: ";
  // The narrower path leaves out an IPv4 and a TCP header without options.
  const mss = lineMtu - tunnelTransports.wireguard.overhead(wireguardOverIpv4) - 40;
  const meanwhile = (name: string, silence: number, work: () => Promise<void>) =>
    whileTransferring(report, places, relay, `${prefix}${name}`, silence, work, others);
  return {
    name: "both homes get a second path, wireguard over IPv4 before gre6",
    goesOn: true,
    change: (declared) => withTunnels(declared, { ...wireguardOverIpv4, transport: ["wireguard", "gre6"] }),
    prove: async () => {
      await report.prove([...reachable(relay), ...segments(relay, mss)], places, prefix);
      await carriedBy(places, "wrap1wg", "wrap2wg");
      await meanwhile("the first is lost", failover, async () => {
        await internet.say(noWireguard.break);
        await setTimeout(12_000);
      });
      await carriedBy(places, "wrap1gre", "wrap2gre");
      await report.prove([...reachable(relay), ...leaving(relay)], places, `${prefix}by the second, `);
      const told = await (await doctor()).until("no-way path-left");
      await report.add({
        name: `${prefix}doctor says which one carries, and why`,
        ok: told === "no-way path-left",
        measured: told,
        expected: "no-way path-left",
      });
      await meanwhile("the first is back", unnoticed, async () => {
        await internet.say(noWireguard.mend);
        await carriedBy(places, "wrap1wg", "wrap2wg");
      });
    },
  };
}

/** Waits until both ends send by these devices. */
export async function carriedBy(places: Places, haus: string, zwei: string): Promise<void> {
  const first = (table: number) => `ip -4 route show table ${table} | sed -n '1s/.* dev \\([^ ]*\\).*/\\1/p'`;
  const ends: [Place, number, string][] = [
    [places.relay, 42, haus],
    [places.home, 42, haus],
    [places.relay, 43, zwei],
    [places.home2, 43, zwei],
  ];
  for (const [place, table, device] of ends) {
    // A path that was lost twice has to answer forty times in a row, each of which is some processes.
    await poll(`table ${table} to lead to ${device}`, 300_000, async () =>
      (await place.attempt(first(table))).stdout.trim() === device ? true : undefined,
    );
  }
}
