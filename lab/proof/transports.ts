/**
 * Other transports on a lab that stands: both homes are changed to each tunnel by `up`, and it carries what ipip6
 * carries; homes without an end are added and taken away.
 */
import {
  isProcess,
  type TransportHome,
  type TransportKind,
  type TunnelKind,
  type TunnelTransport,
  tunnelKinds,
  tunnelTransports,
} from "../../src/transports/index.ts";
import { poll } from "../command.ts";
import type { Lab } from "../lab.ts";
import { routerOf } from "../network/debian-home.ts";
import { step } from "../progress.ts";
import { tcp } from "./asking.ts";
import { unchanged } from "./changes.ts";
import { segments } from "./packets.ts";
import { namespacePlace, type Places } from "./places.ts";
import { proveProcesses } from "./processes.ts";
import type { Report } from "./proof.ts";
import { reachable } from "./services.ts";
import { changeConfig, type Pulumi } from "./stack.ts";

/** A tunnel as a home's config has it. */
interface Tunnel extends TransportHome {
  readonly name: string;
  readonly transport: TunnelKind;
}

const TUNNELS: readonly Tunnel[] = [
  ...tunnelKinds.map((transport) => ({ name: transport, transport })),
  { name: "wireguard over IPv4", transport: "wireguard", wireguard: { over: "ipv4" } },
];

/** Every tunnel that is named, one after the other; then homes without an end, if one of theirs is named. */
export async function proveTransports(
  report: Report,
  pulumi: Pulumi,
  places: Places,
  { homes, mtu }: Lab,
  kinds: readonly TransportKind[],
): Promise<void> {
  for (const tunnel of TUNNELS.filter(({ transport }) => kinds.includes(transport)))
    await proveTunnel(report, pulumi, places, tunnel, mtu);
  const [, second] = homes;
  if (second !== undefined && kinds.some(isProcess))
    await proveProcesses(report, pulumi, places, namespacePlace(routerOf(second)));
}

/** @param lineMtu MTU of the homes' lines in bytes */
async function proveTunnel(
  report: Report,
  pulumi: Pulumi,
  places: Places,
  { name, ...tunnel }: Tunnel,
  lineMtu: number,
): Promise<void> {
  await changeConfig(({ homes }) => ({
    homes: homes.map(({ transport, wireguard, ...home }) => ({ ...home, ...tunnel })),
  }));
  await step(`pulumi up: both homes change to ${name}`, () => pulumi.up());
  const { publicIpv4 } = await pulumi.outputs();
  for (const port of [443, 8080]) {
    await poll(`port ${port} by ${name}`, 60_000, async () => {
      const { status, stdout } = await places.client.attempt(tcp(publicIpv4, port));
      return status === 0 && stdout !== "" ? true : undefined;
    });
  }
  const { overhead }: TunnelTransport = tunnelTransports[tunnel.transport];
  // The MSS leaves out an IPv4 and a TCP header without options.
  const proofs = [...reachable(publicIpv4), ...segments(publicIpv4, lineMtu - overhead(tunnel) - 40)];
  await report.prove(proofs, places, `${name}: `);
  await report.prove([unchanged(pulumi, "--refresh")], places, `${name}: `);
}
