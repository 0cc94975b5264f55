/**
 * The lab's cabling: bridges without addresses in a namespace of their own, which machines are
 * plugged into by TAP devices and namespaces by veth pairs. Nothing on it is longer than its MTU:
 * segmentation offloads are off on every end, so that tunnels meet real packets.
 */
import { addNamespace, inNamespace, ipBatch, type Namespace, namespaces, sysctl } from "./namespaces.ts";

/** The namespace that holds all bridges, and in which QEMU runs. */
export const CABLING: Namespace = "lab-cabling";

/** Makes the cabling with these bridges. */
export async function layCabling(bridges: readonly string[]): Promise<void> {
  await addNamespace(CABLING);
  await sysctl(CABLING, { "net.ipv6.conf.all.disable_ipv6": 1, "net.ipv6.conf.default.disable_ipv6": 1 });
  await ipBatch(
    CABLING,
    // Snooping would hold back neighbour discovery until a querier appears.
    bridges.flatMap((name) => [
      `link add ${name} type bridge forward_delay 0 mcast_snooping 0`,
      `link set ${name} up`,
    ]),
  );
}

/** Makes a TAP device on a bridge for a machine's network card. */
export async function plugIn(tap: string, bridge: string, mtu = 1500): Promise<void> {
  await ipBatch(CABLING, [
    `tuntap add dev ${tap} mode tap`,
    `link set ${tap} master ${bridge} mtu ${mtu} up`,
  ]);
  await offloadsOff(CABLING, tap);
}

/** Takes a TAP device away; quietly done when there is none, as after a restart of the host. */
export async function unplug(tap: string): Promise<void> {
  if (!(await namespaces()).includes(CABLING)) return;
  await inNamespace(CABLING, "sh", [
    "-c",
    `! ip link show dev ${tap} >/dev/null 2>&1 || ip link delete dev ${tap}`,
  ]);
}

/** Gives a namespace a device on a bridge. @param mac fixed where addresses follow from it */
export async function joinBridge(
  namespace: Namespace,
  device: string,
  bridge: string,
  mac?: string,
): Promise<void> {
  const far = `${bridge.replace("lab-", "")}-${namespace.replace("lab-", "")}`.slice(0, 15);
  await ipBatch(CABLING, [
    `link add ${far} type veth peer name ${device} netns ${namespace}${mac ? ` address ${mac}` : ""}`,
    `link set ${far} master ${bridge} up`,
  ]);
  await offloadsOff(CABLING, far);
  await offloadsOff(namespace, device);
  await ipBatch(namespace, [`link set ${device} up`]);
}

/** Joins two namespaces by a veth pair. */
export async function joinNamespaces(
  a: Namespace,
  deviceA: string,
  b: Namespace,
  deviceB: string,
): Promise<void> {
  await ipBatch(a, [
    `link add ${deviceA} type veth peer name ${deviceB} netns ${b}`,
    `link set ${deviceA} up`,
  ]);
  await ipBatch(b, [`link set ${deviceB} up`]);
  await offloadsOff(a, deviceA);
  await offloadsOff(b, deviceB);
}

async function offloadsOff(namespace: Namespace, device: string): Promise<void> {
  await inNamespace(namespace, "ethtool", [
    "-K",
    device,
    "tso",
    "off",
    "gso",
    "off",
    "gro",
    "off",
    "tx",
    "off",
  ]);
}
