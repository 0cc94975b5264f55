/**
 * Other transports on a lab that stands: both homes are changed to each tunnel by `up`, and it carries what ipip6
 * carries; homes without an end come and go meanwhile.
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
import { placeNamed } from "../whereabouts.ts";
import { tcp } from "./asking.ts";
import { proveAuto } from "./auto.ts";
import { unchanged } from "./changes.ts";
import { Doctor } from "./doctor.ts";
import { proveCloudFirewall } from "./guarded.ts";
import { packets, segments } from "./packets.ts";
import { twoPaths, wireguardOverIpv4 } from "./paths.ts";
import { namespacePlace, type Places } from "./places.ts";
import { processTurns } from "./processes.ts";
import type { Report } from "./proof.ts";
import { rebootAll } from "./reboot.ts";
import { apart, leaving, reachable } from "./services.ts";
import { isOwnServer, type Pulumi, withTunnels } from "./stack.ts";
import { readyToTransfer, startTicks } from "./transfers.ts";
import { joined, type Turn, take } from "./turn.ts";

/** A tunnel as a home's config has it. */
interface Tunnel extends TransportHome {
  readonly name: string;
  readonly transport: TunnelKind;
}

const overIpv4: Tunnel = { name: "wireguard over IPv4", ...wireguardOverIpv4 };

/** Each of them from the one before it. */
const TUNNELS: readonly Tunnel[] = [
  ...tunnelKinds
    .filter((transport) => transport !== "wireguard")
    .map((transport): Tunnel => ({ name: transport, transport })),
  overIpv4,
  { name: "wireguard", transport: "wireguard" },
];

/** How transports are proved. */
export interface TransportsOptions {
  /** Whether every machine boots with each of them, and large transfers are made before and after. @default false */
  readonly reboot?: boolean;
}

/**
 * Every tunnel that is named, one after the other, while transfers run, and where all are, the homes' own choice and a
 * Cloud Firewall before it; homes without an end, if one of theirs is named, come with the first and go with the second.
 */
export async function proveTransports(
  report: Report,
  pulumi: Pulumi,
  places: Places,
  lab: Lab,
  kinds: readonly TransportKind[],
  { reboot = false }: TransportsOptions = {},
): Promise<void> {
  const { homes, mtu } = lab;
  const { publicIpv4 } = await pulumi.outputs();
  const withPaths = kinds.includes("gre6") && kinds.includes("wireguard");
  const doctor = () => Doctor.of(lab, pulumi);
  const internet = await placeNamed("internet", homes);
  const tunnels = TUNNELS.filter(({ transport }) => kinds.includes(transport)).flatMap((tunnel): Turn[] => {
    const turn = turnTo(tunnel, report, places, publicIpv4, mtu, reboot ? packets : segments);
    if (!withPaths || tunnel !== overIpv4) return [turn];
    return [twoPaths(report, places, internet, publicIpv4, mtu, doctor), turn];
  });
  if (tunnels.length > 0) await readyToTransfer(pulumi, places.home2);
  const [, second] = homes;
  const processes =
    second !== undefined && kinds.some(isProcess)
      ? await processTurns(report, places, namespacePlace(routerOf(second)), publicIpv4)
      : [];
  for (const turn of joined(tunnels, processes)) {
    await take(turn, report, pulumi, places, publicIpv4);
    await report.prove([unchanged(pulumi, "--refresh")], places, `${turn.name}: `);
    if (!reboot) continue;
    await rebootAll(places, publicIpv4);
    await startTicks(places.home2);
    await turn.prove();
  }
  if (!withPaths) return;
  await proveAuto(report, pulumi, places, internet, publicIpv4, mtu);
  if (!(await isOwnServer())) await proveCloudFirewall(report, pulumi, places, publicIpv4);
}

/**
 * @param lineMtu MTU of the homes' lines in bytes
 * @param packetProofs what is proved of the packets
 */
function turnTo(
  { name, ...tunnel }: Tunnel,
  report: Report,
  places: Places,
  relay: string,
  lineMtu: number,
  packetProofs: typeof packets,
): Turn {
  const { overhead }: TunnelTransport = tunnelTransports[tunnel.transport];
  return {
    name: `both homes change to ${name}`,
    goesOn: true,
    change: (declared) => withTunnels(declared, tunnel),
    prove: async () => {
      for (const port of [443, 8080]) {
        await poll(`port ${port} by ${name}`, 300_000, async () => {
          const { status, stdout } = await places.client.attempt(tcp(relay, port, { seconds: 8 }));
          return status === 0 && stdout !== "" ? true : undefined;
        });
      }
      // The MSS leaves out an IPv4 and a TCP header without options.
      const proofs = [
        ...reachable(relay),
        ...leaving(relay),
        ...apart(relay),
        ...packetProofs(relay, lineMtu - overhead(tunnel) - 40),
      ];
      await report.prove(proofs, places, `${name}: `);
    },
  };
}
