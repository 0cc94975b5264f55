/**
 * The homes' internet provider: a Debian machine with router advertisements (radvd), DHCPv6 prefix
 * delegation (Kea), and for DS-Lite the AFTR (RFC 6333): a kernel ip6tnl per home and NAT44 to one
 * address that all homes share. It is a VM because the host's kernel may lack ip6tnl.
 * Leaves out: PPPoE, authentication, port limits per customer.
 */
import { attempt, poll } from "../command.ts";
import { ensureImage } from "../machine/image.ts";
import { keyPair } from "../machine/keys.ts";
import { BOOT_LIMIT, bootMachine } from "../machine/machine.ts";
import { CORE } from "./internet.ts";
import { dhcpConfig, radvdConfig, setUpScript } from "./isp-files.ts";
import { sshArguments } from "./ssh.ts";
import { delegatedPrefix, type Home, homeAt, INTERNET } from "./topology.ts";

/** How the link between ISP and homes is. */
export interface AccessLink {
  /** 1492 is what PPPoE leaves of 1500. @default 1500 */
  readonly mtu?: number;
}

/** Boots the ISP's machine; {@link ispReady} waits for it. */
export async function bootIsp(homes: readonly Home[], link: AccessLink = {}): Promise<void> {
  const mtu = link.mtu ?? 1500;
  const [host, operator] = [await keyPair("isp-host"), await keyPair("operator")];
  await bootMachine({
    name: "isp",
    image: await ensureImage("isp"),
    memoryMiB: 256,
    nics: [
      { bridge: "lab-isp", mac: "52:54:00:00:00:01" },
      ...homes.map((home) => ({ bridge: home.wan, mac: ispMac(home) })),
    ],
    files: {
      "/etc/ssh/ssh_host_ed25519_key": { text: host.privateKey, mode: 0o600 },
      "/etc/ssh/ssh_host_ed25519_key.pub": { text: `${host.publicKey}\n` },
      "/root/.ssh/authorized_keys": { text: `${operator.publicKey}\n`, mode: 0o600 },
      "/etc/hostname": { text: "isp\n" },
      "/etc/radvd.conf": { text: radvdConfig(homes, mtu) },
      "/etc/dhcp/dhcpd6.conf": { text: dhcpConfig(homes, () => 0) },
      "/usr/local/sbin/isp-up": { text: setUpScript(homes, mtu), mode: 0o755 },
    },
  });
}

/** Waits until the ISP has set up everything. */
export async function ispReady(): Promise<void> {
  await poll("the ISP's machine", BOOT_LIMIT, async () => {
    const { status } = await onIsp("systemctl is-active --quiet isp.service");
    return status === 0 ? true : undefined;
  });
}

/** Runs a shell command on the ISP's machine. */
export async function onIsp(command: string, input?: string) {
  const args = await sshArguments({
    namespace: CORE,
    host: INTERNET.isp.ipv6,
    hostKey: (await keyPair("isp-host")).publicKey,
  });
  return attempt("ip", [...args, command], input === undefined ? {} : { input });
}

/**
 * Delegates another prefix to a home from now on, and ends the delegation of the old one.
 * @param generations how often each home has been renumbered, by its index, this time included
 */
export async function redelegate(
  home: Home,
  homes: readonly Home[],
  generations: Generations,
): Promise<void> {
  const generation = generations[home.index] ?? 0;
  const config = dhcpConfig(homes, (index) => generations[index] ?? 0);
  const [old, next] = [generation - 1, generation].map((count) => delegatedPrefix(home.index, count));
  const steps = [
    "cat > /etc/dhcp/dhcpd6.conf",
    "systemctl stop isp-dhcp6",
    "rm -f /var/lib/dhcp/dhcpd6.leases*",
    "systemctl start isp-dhcp6",
    `ip -6 route del ${old}/56`,
    `ip -6 route replace ${next}/56 via ${home.wanLinkLocal} dev eth${home.index}`,
  ];
  const outcome = await onIsp(`set -e; ${steps.join("; ")}`, config);
  if (outcome.status !== 0) throw new Error(`The ISP could not renumber ${home.name}: ${outcome.stderr}`);
}

/** How often each home has been renumbered, by its index. */
export type Generations = Readonly<Record<number, number>>;

/** MAC of the ISP's card towards a home. */
function ispMac(home: Home): string {
  return homeAt(home.index, home.kind).wanMac.replace(/01$/, "f1");
}
