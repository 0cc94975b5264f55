/**
 * What is on a home's LAN besides its router: two servers, and a second subnet behind a small
 * router of its own (`iot`), which proves that other subnets stay reachable.
 */
import { joinBridge } from "./cabling.ts";
import { addNamespace, ipBatch, type Namespace, sysctl } from "./namespaces.ts";
import { type Home, LAN } from "./topology.ts";

/** Namespaces of the first home's LAN. */
export const SERVER: Namespace = "lab-server";
export const SERVER2: Namespace = "lab-server2";
export const IOT: Namespace = "lab-iot";

/** Starts the hosts of an OpenWrt home's LAN. The route to 192.168.2.0/24 is the router's to have. */
export async function startLan(home: Home): Promise<void> {
  await startHost(SERVER, home, LAN.server, `52:54:00:00:0${home.index}:d2`);
  await startHost(SERVER2, home, LAN.server2, `52:54:00:00:0${home.index}:d3`);
  await startHost(IOT, home, LAN.iot, `52:54:00:00:0${home.index}:d4`);
  await sysctl(IOT, { "net.ipv4.ip_forward": 1 });
  await ipBatch(IOT, [
    "link add iot0 type bridge",
    `address add ${LAN.iotHost}/24 dev iot0`,
    "link set iot0 up",
  ]);
}

async function startHost(name: Namespace, home: Home, address: string, mac: string): Promise<void> {
  await addNamespace(name);
  await joinBridge(name, "eth0", home.lan, mac);
  await ipBatch(name, [
    `address add ${address}/${LAN.length} dev eth0`,
    `route add default via ${LAN.router}`,
  ]);
}
