/**
 * `npm run lab`: start, `up`, proof, `destroy`, proof that nothing is left, down.
 */
import { type TransportKind, transportKinds } from "../src/transports/index.ts";
import { poll } from "./command.ts";
import { type Lab, type LabOptions, readLab, refuseSecondLab, startLab, stopLab } from "./lab.ts";
import type { Home } from "./network/topology.ts";
import { say, step } from "./progress.ts";
import { tcp } from "./proof/asking.ts";
import { withoutBoots } from "./proof/boots.ts";
import { proveChanges } from "./proof/changes.ts";
import { proveDoctor, SHORT } from "./proof/doctor.ts";
import { proveFollow, proveFollowByName } from "./proof/follow.ts";
import { proveFw4 } from "./proof/fw4.ts";
import { proveIpv6 } from "./proof/ipv6.ts";
import { proveLoad } from "./proof/load.ts";
import { deleteServer, orderServer, ownService } from "./proof/own-server.ts";
import { packets } from "./proof/packets.ts";
import { namespacePlace, type Place, type Places, sshPlace } from "./proof/places.ts";
import { proveProbe } from "./proof/probe.ts";
import { type Proof, Report } from "./proof/proof.ts";
import { answers, rebootAll } from "./proof/reboot.ts";
import { proveRefusal, proveRefusals, withoutFeed } from "./proof/refusals.ts";
import { proveSafety } from "./proof/safety.ts";
import { startDebianServers, startServers } from "./proof/servers.ts";
import { apart, leaving, reachable, unreachable } from "./proof/services.ts";
import { configure, Pulumi, SERVICES, STACK } from "./proof/stack.ts";
import { proveStatus } from "./proof/status.ts";
import { compareTraces, trace } from "./proof/traces.ts";
import { proveTransports, type TransportsOptions } from "./proof/transports.ts";
import { proveTurnover } from "./proof/turnover.ts";
import { placeNamed, whereIs } from "./whereabouts.ts";

/** How the lab is to run. */
export interface RunOptions extends Omit<LabOptions, "homes"> {
  /** Leave everything standing after `up`. @default false */
  readonly keep?: boolean;
  /** `existing`: the relay is a server that its user ordered by hand. @default hcloud */
  readonly provider?: "hcloud" | "existing";
}

/** Bytes of the outer IPv6 header, the inner IPv4 header and the TCP header: what an MSS leaves out. */
const headers = 40 + 20 + 20;

/**
 * The whole job with every proof.
 * @returns whether every proof held
 */
export async function runLab({
  keep = false,
  provider = "hcloud",
  ...options
}: RunOptions): Promise<boolean> {
  const report = new Report();
  const isOwn = provider === "existing";
  // Before `try`: what stands is not ours to take away.
  await refuseSecondLab();
  try {
    const lab = await startLab({ ...options, homes: ["openwrt", "debian"] });
    const places = await placesOf(lab.homes);
    const pulumi = new Pulumi(lab.environment);
    await startServers();
    const relay = isOwn
      ? await step("A server is ordered by hand", () => orderServer(places, lab.environment))
      : undefined;
    const before = await step("What the machines are like before", () => trace(places, isOwn));
    await pulumi.run("stack", "init", STACK);
    await configure(lab.homes, SERVICES, relay);
    if (!keep) await proveRefusal(report, pulumi, places, withoutFeed);
    await up(pulumi);
    if (keep) return true;
    await prove(report, pulumi, places, lab, relay === undefined ? [] : [ownService(relay.host)]);
    await step("pulumi destroy", () => pulumi.run("destroy", "--yes", "--skip-preview", "--stack", STACK));
    await compareTraces(report, before, await trace(places, isOwn));
    if (relay !== undefined) await report.prove([ownService(relay.host)], places, "after destroy, ");
    if (isOwn) await deleteServer(places, lab.environment);
    await proveCloudEmpty(report, places.operator, lab);
  } finally {
    if (!keep) await step("Taking the lab away", stopLab);
    await report.write();
  }
  say(`${report.results.length - report.failed} proofs held, ${report.failed} did not.`);
  return report.failed === 0;
}

/** A lab that `--keep` left standing, and what its proofs are made with. */
interface Standing {
  readonly lab: Lab;
  readonly report: Report;
  readonly places: Places;
  readonly pulumi: Pulumi;
}

/** @returns whether every proof held */
async function onStandingLab(prove: (standing: Standing) => Promise<void>): Promise<boolean> {
  const lab = await readLab();
  const report = new Report();
  const pulumi = new Pulumi(lab.environment);
  await prove({ lab, report, places: await placesOf(lab.homes), pulumi });
  return report.failed === 0;
}

/** The proofs alone, on a lab that `--keep` left standing. @returns whether every proof held */
export function proveLab(): Promise<boolean> {
  return onStandingLab(({ report, pulumi, places, lab }) => prove(report, pulumi, places, lab));
}

/** Doctor's proofs alone, on a lab that `--keep` left standing. @param names of breaks @default all */
export function proveLabDoctor(names?: readonly string[]): Promise<boolean> {
  return onStandingLab(async ({ report, pulumi, places, lab }) => {
    await startDebianServers(places.home2);
    await proveDoctor(report, lab, pulumi, names);
  });
}

/** What follows a prefix alone, on a lab that `--keep` left standing. */
export function proveLabFollow(): Promise<boolean> {
  return onStandingLab(async ({ report, pulumi, places, lab: { homes } }) => {
    const { publicIpv4 } = await pulumi.outputs();
    await startDebianServers(places.home2);
    await proveFollow(report, places, homes, publicIpv4);
    const [, second] = homes;
    if (second !== undefined) await proveFollowByName(report, pulumi, places, second, publicIpv4);
  });
}

/** Every transport that is named, one after the other, on a lab that `--keep` left standing. */
export function proveLabTransports(
  kinds: readonly TransportKind[],
  options: TransportsOptions,
): Promise<boolean> {
  return onStandingLab(async ({ report, pulumi, places, lab }) => {
    await startDebianServers(places.home2);
    await proveTransports(report, pulumi, places, lab, kinds, options);
  });
}

/** A change of tunnel that is refused, one that is not, and the way back, on a lab that `--keep` left standing. */
export function proveLabTurnover(): Promise<boolean> {
  return onStandingLab(async ({ report, pulumi, places, lab: { homes } }) => {
    const { publicIpv4 } = await pulumi.outputs();
    await proveTurnover(report, pulumi, places, await placeNamed("internet", homes), publicIpv4);
  });
}

/** IPv6 through the relay, from its first `up` to its last, on a lab that `--keep` left standing. */
export function proveLabIpv6(): Promise<boolean> {
  return onStandingLab(async ({ report, pulumi, places, lab }) => {
    await startDebianServers(places.home2);
    await proveIpv6(report, pulumi, places, lab);
  });
}

/** What must not be possible, every TCP port of it, on a lab that `--keep` left standing. */
export function proveLabSafety(): Promise<boolean> {
  return onStandingLab(async ({ report, pulumi, places }) => {
    const { endpoints } = await pulumi.outputs();
    await startDebianServers(places.home2);
    await proveSafety(report, places, { endpoints }, { tcp: "1-65535" });
  });
}

/** Thousands of connections and a flood, on a lab that `--keep` left standing. @param count connections at once */
export async function proveLabLoad(count: number): Promise<boolean> {
  return proveLoad(await placesOf((await readLab()).homes), count);
}

async function up(pulumi: Pulumi): Promise<void> {
  await step("pulumi up: the relay and both homes are set up", () => pulumi.up());
}

/** @param more of this lab's own, to be proved with the traffic */
async function prove(
  report: Report,
  pulumi: Pulumi,
  places: Places,
  lab: Lab,
  more: readonly Proof[] = [],
): Promise<void> {
  const { homes, mtu } = lab;
  const { publicIpv4, endpoints } = await pulumi.outputs();
  say(`The public address is ${publicIpv4}. Proofs:`);
  await startDebianServers(places.home2);
  await poll("the Debian home's keepalive", 300_000, () =>
    answers(places.client, tcp(publicIpv4, 8080, { seconds: 8 })),
  );
  const noBoot = await withoutBoots(places);
  const traffic = [...reachable(publicIpv4), ...leaving(publicIpv4), ...apart(publicIpv4), ...more];
  await report.prove(traffic, places);
  await report.prove([...packets(publicIpv4, mtu - headers), ...unreachable(endpoints.relay)], places);
  await proveFw4(report, places, [...reachable(publicIpv4), ...leaving(publicIpv4)]);
  await proveSafety(report, places, { endpoints });
  // Before the next `up`, which has to find nothing to change.
  await proveFollow(report, places, homes, publicIpv4);
  await proveChanges(report, pulumi, places, homes, publicIpv4);
  await proveRefusals(report, pulumi, places);
  await proveStatus(report, pulumi, places, publicIpv4);
  await proveProbe(report, pulumi, places, lab);
  await proveDoctor(report, lab, pulumi, SHORT);
  await report.prove([noBoot], places);
  await rebootAll(places, publicIpv4);
  const noMoreBoot = await withoutBoots(places);
  await report.prove([...traffic, ...unreachable(endpoints.relay)], places, "after a reboot: ");
  const others = transportKinds.filter((kind) => kind !== "ipip6");
  await proveTransports(report, pulumi, places, lab, others);
  await report.prove([noMoreBoot], places, "after the reboot: ");
}

/** The independent client sees no server, address or key. */
async function proveCloudEmpty(report: Report, operator: Place, { environment }: Lab): Promise<void> {
  const env = ["HCLOUD_TOKEN", "HCLOUD_ENDPOINT"].map((name) => `${name}='${environment[name]}'`).join(" ");
  for (const kind of ["server", "primary-ip", "ssh-key", "firewall"]) {
    const listed = await operator.say(`${env} hcloud ${kind} list -o noheader`);
    await report.add({
      name: `after destroy, the cloud has no ${kind}`,
      ok: listed === "",
      measured: listed || "none",
      expected: "none",
    });
  }
}

async function placesOf(homes: readonly Home[]): Promise<Places> {
  const ssh = (name: string) =>
    sshPlace(async () => {
      const where = await whereIs(name, homes);
      if (where.kind !== "ssh") throw new Error(`${name} is no machine`);
      return where.target;
    });
  return {
    client: namespacePlace("lab-client"),
    operator: namespacePlace("lab-operator"),
    server: namespacePlace("lab-server"),
    server2: namespacePlace("lab-server2"),
    relay: ssh("relay"),
    home: ssh("home"),
    home2: ssh("home2"),
  };
}
