/**
 * The internet between cloud, ISP, client and operator: a core router in a namespace, and the two
 * namespaces of client and operator. Stands in for everyone's transit; it has no loss, no delay
 * and no limit of its own.
 */

import { fileURLToPath } from "node:url";
import { MIRROR_ADDRESS } from "../machine/recipes.ts";
import { CABLING, joinBridge, joinNamespaces, layCabling } from "./cabling.ts";
import { startDaemon } from "./daemon.ts";
import { addNamespace, ipBatch, type Namespace, namespaces, removeNamespace, sysctl } from "./namespaces.ts";
import { type Home, INTERNET, LAN } from "./topology.ts";

export const CORE: Namespace = "lab-internet";
export const CLIENT: Namespace = "lab-client";
export const OPERATOR: Namespace = "lab-operator";

/** Makes the cabling, the core router, the client and the operator. */
export async function startInternet(homes: readonly Home[]): Promise<void> {
  await layCabling(["lab-cloud", "lab-isp", ...homes.flatMap(({ wan, lan }) => [wan, lan])]);
  for (const name of [CORE, CLIENT, OPERATOR]) await addNamespace(name);
  await startCore();
  await startClient();
  await startOperator(homes);
  await startDaemon({
    name: "core",
    namespace: CORE,
    command: [process.execPath, fileURLToPath(new URL("../core/main.ts", import.meta.url))],
    ready: /ready/,
  });
}

/** Takes every namespace of the lab away, the cabling last. */
export async function removeNetwork(): Promise<void> {
  const all = await namespaces();
  for (const name of all.filter((other) => other !== CABLING)) await removeNamespace(name);
  if (all.includes(CABLING)) await removeNamespace(CABLING);
}

async function startCore(): Promise<void> {
  const { client, operator, cloud, isp } = INTERNET;
  await joinBridge(CORE, "cloud0", "lab-cloud");
  await joinBridge(CORE, "isp0", "lab-isp");
  await joinNamespaces(CORE, "client0", CLIENT, "eth0");
  await joinNamespaces(CORE, "operator0", OPERATOR, "eth0");
  await sysctl(CORE, {
    "net.ipv4.ip_forward": 1,
    "net.ipv6.conf.all.forwarding": 1,
  });
  await ipBatch(CORE, [
    `address add ${cloud.gateway}/32 dev cloud0`,
    `address add ${cloud.gateway6}/64 dev cloud0 nodad`,
    `address add ${cloud.metadata}/32 dev lo`,
    `address add ${MIRROR_ADDRESS}/128 dev lo`,
    // DHCP answers by broadcast, and only into the cloud.
    `route add 255.255.255.255/32 dev cloud0 src ${cloud.gateway}`,
    `address add ${client.gateway}/${client.length} dev client0`,
    `address add ${operator.gateway}/${operator.length} dev operator0`,
    `address add ${operator.gateway6}/64 dev operator0 nodad`,
    `address add ${isp.core}/${isp.length} dev isp0`,
    `address add ${isp.core6}/64 dev isp0 nodad`,
    `route add ${isp.nat}/32 via ${isp.ipv4}`,
    `route add 2001:db8:a::/48 via ${isp.ipv6}`,
    `route add 2001:db8:b000::/36 via ${isp.ipv6}`,
    // What nobody has must not come back to who asked.
    "route add unreachable 203.0.113.0/24 metric 4096",
    "route add unreachable 2001:db8::/32 metric 4096",
  ]);
}

async function startClient(): Promise<void> {
  const { ipv4, length, gateway } = INTERNET.client;
  await sysctl(CLIENT, { "net.ipv6.conf.all.disable_ipv6": 1 });
  await ipBatch(CLIENT, [`address add ${ipv4}/${length} dev eth0`, `route add default via ${gateway}`]);
}

async function startOperator(homes: readonly Home[]): Promise<void> {
  const { ipv4, length, gateway, ipv6, gateway6 } = INTERNET.operator;
  await ipBatch(OPERATOR, [
    `address add ${ipv4}/${length} dev eth0`,
    `route add default via ${gateway}`,
    `address add ${ipv6}/64 dev eth0 nodad`,
    `route add default via ${gateway6}`,
  ]);
  for (const home of homes) {
    const device = `lan${home.index}`;
    await joinBridge(OPERATOR, device, home.lan);
    await sysctl(OPERATOR, { [`net.ipv6.conf.${device}.accept_ra`]: 0 });
    // Only one LAN can have 192.168.1.0/24 here: other homes are reached by their ULA.
    const address = home.index === 1 ? `${LAN.operator}/${LAN.length}` : `${home.ula}50/64`;
    await ipBatch(OPERATOR, [`address add ${address} dev ${device}${home.index === 1 ? "" : " nodad"}`]);
  }
}
