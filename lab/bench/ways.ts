/**
 * Two machines, a relay and a home end, joined in three ways side by side, and the internet and the home's server
 * around them: the ground for throughput ratios.
 *
 * ```
 *   lab-bclient ── lab-binternet ── lab-bcloud ── relay (VM)
 *                        └── lab-bisp ── home (VM) ── lab-blan ── lab-bserver
 * ```
 *
 * Each way (`tunnel`, `plain`, `socat`) has cards, addresses and a namespace of its own in both machines. The wire
 * is the lab's: segmentation offloads are off, no packet is longer than 1,500 bytes.
 */
import { readFile } from "node:fs/promises";
import { poll } from "../command.ts";
import { bootMachine, Machine } from "../machine/index.ts";
import type { MachineFile } from "../machine/initrd.ts";
import { CABLING, joinBridge, joinNamespaces, layCabling } from "../network/cabling.ts";
import {
  addNamespace,
  inNamespace,
  ipBatch,
  type Namespace,
  namespaces,
  removeNamespace,
  sysctl,
} from "../network/namespaces.ts";
import { EXAMPLE } from "./example.ts";
import { addresses, bundleFiles, ensureCounterImage } from "./guest-files.ts";

export const CLIENT: Namespace = "lab-bclient";
export const SERVER: Namespace = "lab-bserver";
const INTERNET: Namespace = "lab-binternet";
const BRIDGES = ["lab-bcloud", "lab-bisp", "lab-blan"];

/** What carries packets from the relay to the home. */
export type Way = "tunnel" | "plain" | "socat";

/** Where each way is reached, and where its server is. */
export const WAYS: Readonly<Record<Way, { readonly publicIpv4: string; readonly server: string }>> = {
  tunnel: { publicIpv4: EXAMPLE.publicIpv4, server: EXAMPLE.server },
  plain: { publicIpv4: "203.0.113.12", server: "192.168.2.210" },
  socat: { publicIpv4: "203.0.113.13", server: "192.168.3.210" },
};

/** Lays the wires and boots both machines; gives back when all three ways are up. */
export async function startWays(firstPort: number, lastPort: number): Promise<void> {
  await layCabling(BRIDGES);
  for (const name of [CLIENT, INTERNET, SERVER]) await addNamespace(name);
  await startInternet();
  await startServer();
  const image = await ensureCounterImage();
  const names = ["benchrelay", "benchhome"] as const;
  await Promise.all(
    names.map(async (name, index) => {
      const role = name.replace("bench", "");
      const bridges =
        role === "relay"
          ? Array(3).fill("lab-bcloud")
          : [...Array(3).fill("lab-bisp"), ...Array(3).fill("lab-blan")];
      const nics = bridges.map((bridge: string, card) => ({ bridge, mac: mac(index + 1, card) }));
      const files = await endFiles(role, firstPort, lastPort);
      const machine = await bootMachine({ name, image, memoryMiB: 512, nics, files });
      await ready(machine);
    }),
  );
}

/** Takes all of it away; quietly done when there is nothing. */
export async function stopWays(): Promise<void> {
  // `lab down` may have been faster, and a machine is unplugged in this namespace.
  await addNamespace(CABLING);
  for (const name of ["benchrelay", "benchhome"]) await new Machine(name).destroy();
  const all = await namespaces();
  for (const name of [CLIENT, SERVER, INTERNET]) if (all.includes(name)) await removeNamespace(name);
  const links = JSON.parse(await inNamespace(CABLING, "ip", ["-j", "link", "show", "type", "bridge"])) as {
    ifname?: string;
  }[];
  const bridges = links.flatMap(({ ifname }) => (ifname === undefined ? [] : [ifname]));
  const ours = bridges.filter((name) => BRIDGES.includes(name));
  // A lab that stands has its own bridges there.
  if (ours.length === bridges.length) await removeNamespace(CABLING);
  else
    await ipBatch(
      CABLING,
      ours.map((name) => `link delete ${name}`),
    );
}

async function ready(machine: Machine): Promise<void> {
  const log = await machine.consoleLog();
  const said = await poll(`READY on ${log}`, 120_000, async () => {
    const text = await readFile(log, "utf8").catch(() => "");
    return /^READY/m.test(text) ? text : undefined;
  });
  const faults = said.match(/^(FAULT|Error).*$/gm);
  if (faults) throw new Error(`${machine.name} did not come up: ${faults.join("; ")}`);
}

async function endFiles(
  role: string,
  firstPort: number,
  lastPort: number,
): Promise<Record<string, MachineFile>> {
  const init = await readFile(new URL("guest/ends", import.meta.url), "utf8");
  const own = {
    role,
    ports: `${firstPort}:${lastPort}`,
    tunnel_public: WAYS.tunnel.publicIpv4,
    plain_public: WAYS.plain.publicIpv4,
    plain_server: WAYS.plain.server,
    socat_public: WAYS.socat.publicIpv4,
    socat_server: WAYS.socat.server,
    socat_relay: "2001:db8:1:3::1",
    socat_home: "2001:db8:2:3::1",
  };
  const more = Object.entries(own).map(([name, value]) => `${name}=${value}\n`);
  return {
    "/usr/sbin/init": { text: init, mode: 0o755 },
    "/bench/addresses": { text: addresses() + more.join("") },
    ...(role === "relay" ? bundleFiles("", lastPort - firstPort + 1) : {}),
  };
}

function mac(machine: number, card: number): string {
  return `52:54:00:be:0${machine}:0${card}`;
}

async function startInternet(): Promise<void> {
  await joinNamespaces(INTERNET, "client0", CLIENT, "eth0");
  await joinBridge(INTERNET, "cloud0", "lab-bcloud");
  await joinBridge(INTERNET, "isp0", "lab-bisp");
  await sysctl(INTERNET, { "net.ipv4.ip_forward": 1, "net.ipv6.conf.all.forwarding": 1 });
  await ipBatch(CLIENT, [
    `addr add ${EXAMPLE.client}/32 dev eth0`,
    "route add 172.31.1.3 dev eth0",
    "route add default via 172.31.1.3",
  ]);
  await ipBatch(INTERNET, [
    "addr add 172.31.1.3/32 dev client0",
    `route add ${EXAMPLE.client} dev client0`,
    "addr add 172.31.1.1/32 dev cloud0",
    "addr add fe80::1/64 dev cloud0 nodad",
    "addr add 172.31.1.2/32 dev isp0",
    "addr add fe80::1/64 dev isp0 nodad",
    ...Object.values(WAYS).map(({ publicIpv4 }) => `route add ${publicIpv4} dev cloud0`),
    "route add 2001:db8:1::/60 dev cloud0",
    "route add 2001:db8:2::/60 dev isp0",
    // Without a tunnel the home's server has to be known on the way, and its answers have to pass the relay.
    `route add ${WAYS.plain.server} dev isp0`,
    `neigh replace ${WAYS.plain.server} lladdr ${mac(2, 1)} dev isp0 nud permanent`,
    `route add default via ${WAYS.plain.publicIpv4} dev cloud0 onlink table 7`,
    "rule add iif isp0 lookup 7",
  ]);
}

async function startServer(): Promise<void> {
  await joinBridge(SERVER, "eth0", "lab-blan");
  await ipBatch(
    SERVER,
    Object.values(WAYS).flatMap(({ server }, index) => [
      `addr add ${server}/24 dev eth0`,
      `route add default via ${server.replace(/\.\d+$/, ".1")} dev eth0 table ${index + 1}`,
      `rule add from ${server} lookup ${index + 1} priority ${100 + index}`,
    ]),
  );
}
