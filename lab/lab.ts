/**
 * The lab as a whole: start it, find it again from another command, take it away.
 */
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { attempt, poll } from "./command.ts";
import { CLOUD_PORT } from "./core/cloud.ts";
import {
  BOOT_LIMIT,
  ensureImage,
  ensureOpenwrtImage,
  machines,
  type PackageManager,
  type RelayImage,
} from "./machine/index.ts";
import { fillMirror } from "./mirror/index.ts";
import { startDaemon, stopDaemons } from "./network/daemon.ts";
import { bootDebianHome, startSimpleRouter } from "./network/debian-home.ts";
import { OPERATOR, removeNetwork, startInternet } from "./network/internet.ts";
import { bootIsp, ispReady } from "./network/isp.ts";
import { startLan } from "./network/lan.ts";
import { namespaces } from "./network/namespaces.ts";
import { bootOpenwrtHome } from "./network/openwrt-home.ts";
import { sshArguments } from "./network/ssh.ts";
import { delegatedPrefix, type Home, type HomeKind, homeAt } from "./network/topology.ts";
import { RUN } from "./places.ts";
import { step } from "./progress.ts";
import { forgetStack } from "./proof/stack.ts";
import { ensurePulumi } from "./pulumi/cli.ts";
import { pulumiEnvironment } from "./pulumi/environment.ts";
import { setUp } from "./setup.ts";
import { homeTarget } from "./whereabouts.ts";

/** What the lab is to be made of. */
export interface LabOptions {
  /** One kind for each home. @default one OpenWrt home */
  readonly homes?: readonly HomeKind[];
  /** @default relay-networkd */
  readonly relayImage?: RelayImage;
  /** MTU of the access links in bytes. @default 1500 */
  readonly mtu?: number;
  /** Of OpenWrt homes. @default opkg */
  readonly packageManager?: PackageManager;
}

/** A lab that stands, as any command finds it in `lab/.run/lab.json`. */
export interface Lab {
  readonly homes: readonly Home[];
  readonly mtu: number;
  /** What any Pulumi or hcloud client needs, complete. */
  readonly environment: Readonly<Record<string, string>>;
}

const RECORD = `${RUN}/lab.json`;

/**
 * Makes everything and waits until the homes can be logged in to.
 * @throws Error when a lab stands already, or a part does not come up
 */
export async function startLab(options: LabOptions = {}): Promise<Lab> {
  await refuseSecondLab();
  await setUp();
  const mtu = options.mtu ?? 1500;
  const relayImage = options.relayImage ?? "relay-networkd";
  const homes = (options.homes ?? ["openwrt"]).map((kind, index) => homeAt(index + 1, kind));
  const pulumi = await ensurePulumi();
  await prepareImages(homes, relayImage, options.packageManager);
  await mkdir(RUN, { recursive: true, mode: 0o700 });
  await step("Internet, ISP and homes: cabling and power", async () => {
    await startInternet(homes);
    await bootIsp(homes, { mtu });
    for (const home of homes) await startHome(home, mtu, options.packageManager);
  });
  const lab = { homes, mtu, environment: await startCloudApi(relayImage, pulumi) };
  await writeFile(RECORD, JSON.stringify(lab, null, 2), { mode: 0o600 });
  await writeFile(`${RUN}/env`, environmentFile(lab.environment), { mode: 0o600 });
  await step("The ISP's machine boots", ispReady);
  for (const home of homes.filter(({ kind }) => kind !== "none")) {
    await step(`The machine ${home.name} (${home.kind}) boots`, () => homeReady(home));
  }
  return lab;
}

/** @throws Error when a lab stands, or the remains of one; a report of the last run may lie there, that is no lab */
export async function refuseSecondLab(): Promise<void> {
  if (existsSync(RECORD) || existsSync(`${RUN}/machines`) || (await namespaces()).length > 0) {
    throw new Error(
      "A lab stands already, or the remains of one: take it away first, with `npm run lab -- down`.",
    );
  }
}

/** The lab that stands. @throws Error when there is none */
export async function readLab(): Promise<Lab> {
  if (!existsSync(RECORD)) throw new Error("No lab stands: start one with `npm run lab -- start`.");
  return JSON.parse(await readFile(RECORD, "utf8")) as Lab;
}

/** Takes everything away but the cache. Quietly done when nothing stands. */
export async function stopLab(): Promise<void> {
  await stopDaemons();
  for (const machine of await machines()) await machine.destroy();
  await removeNetwork();
  await forgetStack();
  await rm(RUN, { recursive: true, force: true });
}

async function prepareImages(homes: readonly Home[], relay: RelayImage, packageManager?: PackageManager) {
  const kinds = new Set(homes.map(({ kind }) => kind));
  // Each takes one core.
  const [mirrored] = await Promise.all([
    Promise.all([relay, ...(kinds.has("debian") ? (["home-debian"] as const) : [])].map(ensureImage)),
    ensureImage("isp"),
  ]);
  if (kinds.has("openwrt")) await ensureOpenwrtImage(packageManager);
  await fillMirror(mirrored);
}

async function startHome(home: Home, mtu: number, packageManager?: PackageManager): Promise<void> {
  if (home.kind === "debian") {
    await startSimpleRouter(home, mtu);
    await bootDebianHome(home);
    return;
  }
  // The servers of the first home are namespaces; a Debian home is its own server.
  if (home.index === 1) await startLan(home);
  if (home.kind === "openwrt") await bootOpenwrtHome(home, mtu, packageManager);
}

async function startCloudApi(relayImage: RelayImage, pulumi: string): Promise<Record<string, string>> {
  const token = randomBytes(32).toString("hex");
  await startDaemon({
    name: "cloud",
    namespace: OPERATOR,
    command: [process.execPath, fileURLToPath(new URL("core/cloud.ts", import.meta.url))],
    env: { LAB_CLOUD_TOKEN: token, LAB_RELAY_IMAGE: relayImage },
    ready: /ready/,
  });
  return pulumiEnvironment({
    backendDir: `${RUN}/pulumi`,
    cloudUrl: `http://127.0.0.1:${CLOUD_PORT}/v1`,
    token,
    passphrase: randomBytes(16).toString("hex"),
    pulumi,
  });
}

/**
 * Ready is: it lets the operator in, has an address of the prefix that the ISP delegated, and a router has its DS-Lite
 * link too, which netifd brings up a moment later.
 */
async function homeReady(home: Home): Promise<void> {
  const ssh = await sshArguments(await homeTarget(home));
  const device = home.kind === "openwrt" ? "br-lan" : "eth0";
  const address = `ip -6 address show dev ${device} | grep -v tentative | grep -q ' ${delegatedPrefix(home.index, 0)}'`;
  const dslite =
    "ubus call network.interface.dslite status | grep -q '\"up\": true' && nft list ruleset | grep -q 'ubus:dslite'";
  const probe = home.kind === "openwrt" ? `${address} && ${dslite}` : address;
  await poll(`SSH and IPv6 of ${home.name}`, BOOT_LIMIT, async () =>
    (await attempt("ip", [...ssh, probe])).status === 0 ? true : undefined,
  );
}

/** For `. lab/.run/env` in a shell that has entered the operator's namespace. */
function environmentFile(environment: Readonly<Record<string, string>>): string {
  const wanted = Object.entries(environment).filter(([name]) => /^(PULUMI_|HCLOUD_|PATH$)/.test(name));
  return wanted.map(([name, value]) => `export ${name}='${value.replaceAll("'", "'\\''")}'\n`).join("");
}
