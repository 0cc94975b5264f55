/**
 * The cloud's servers as machines of the lab: what the stand-in cloud orders, QEMU boots.
 */
import type { MachineOrder, Machines } from "../cloud/machines.ts";
import { CORE } from "../network/internet.ts";
import { attemptIn, inNamespace, ipBatch } from "../network/namespaces.ts";
import { interfaceId } from "../network/topology.ts";
import { filterTable, filterText } from "./cloud-filter.ts";
import { addCloudServer, cloudServers, removeCloudServer } from "./cloud-servers.ts";
import { ensureImage } from "./image.ts";
import { createMachine, Machine } from "./machine.ts";

/** Which image the cloud's `debian-13` is in this run of the lab. */
export type RelayImage = "relay-networkd" | "relay-ifupdown";

/** A server type's memory is cut to this: what Debian needs with room for a flow table. */
const MEMORY_LIMIT_MIB = 512;

/** Machines for the stand-in cloud, on the bridge `lab-cloud`. */
export function cloudMachines(image: RelayImage): Machines {
  return {
    async create(order: MachineOrder) {
      const made = await ensureImage(image);
      const { mac } = await addCloudServer(order);
      await createMachine({
        name: machineName(order.id),
        image: made,
        memoryMiB: Math.min(order.memoryMiB, MEMORY_LIMIT_MIB),
        nics: [{ bridge: "lab-cloud", mac }],
        // By the maker's name cloud-init knows the cloud, and by the serial number the instance.
        smbios: { manufacturer: "Hetzner", product: "vServer", serial: String(order.id) },
      });
      await ipBatch(CORE, [
        // The server may choose another link-local address (dhcpcd does): what reaches it is its MAC.
        `neigh replace ${nextHop(mac)} lladdr ${mac} dev cloud0 nud permanent`,
        ...routes(order, mac).map((route) => `route replace ${route}`),
      ]);
    },
    async destroy(id) {
      await new Machine(machineName(id)).destroy();
      const server = (await cloudServers()).find(({ order }) => order.id === id);
      for (const route of server ? routes(server.order, server.mac) : []) {
        await attemptIn(CORE, "ip", ["route", "delete", ...route.split(" ")]);
      }
      await unfiltered(id);
      await removeCloudServer(id);
    },
    powerOn: (id) => new Machine(machineName(id)).powerOn(),
    powerOff: (id) => new Machine(machineName(id)).powerOff(),
    reset: (id) => new Machine(machineName(id)).reset(),
    async filter(id, rules) {
      const server = (await cloudServers()).find(({ order }) => order.id === id);
      if (server === undefined || rules === undefined) return unfiltered(id);
      await inNamespace(CORE, "nft", ["-f", "-"], { input: filterText(server.order, rules) });
    },
    running: (id) => new Machine(machineName(id)).running(),
  };
}

/** Takes a server's firewall away; quietly done when there is none. */
async function unfiltered(id: number): Promise<void> {
  await attemptIn(CORE, "nft", ["delete", "table", "inet", filterTable(id)]);
}

/** Name of a server's machine, for its console log and its record. */
export function machineName(id: number): string {
  return `srv${id}`;
}

/** The /32 is on the link, the /64 is routed to the server, as at Hetzner. */
function routes(order: MachineOrder, mac: string): string[] {
  return [
    ...(order.publicIpv4 ? [`${order.publicIpv4}/32 dev cloud0`] : []),
    ...(order.ipv6Prefix ? [`${order.ipv6Prefix} via ${nextHop(mac)} dev cloud0`] : []),
  ];
}

function nextHop(mac: string): string {
  return `fe80::${interfaceId(mac)}`;
}
