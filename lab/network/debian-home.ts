/**
 * A home whose own server terminates the tunnel: a Debian machine behind a simple router that
 * cannot. The router is a namespace: NAT44 behind the ISP's NAT44 (CGNAT), a prefix set by hand
 * where a real one asks by DHCPv6, advertisements on its LAN, and a stateful IPv6 firewall that
 * lets nothing in that was not asked for.
 */
import { writeFile } from "node:fs/promises";
import { ensureImage } from "../machine/image.ts";
import { keyPair } from "../machine/keys.ts";
import { bootMachine } from "../machine/machine.ts";
import { RUN } from "../places.ts";
import { joinBridge } from "./cabling.ts";
import { startDaemon, stopDaemon } from "./daemon.ts";
import { addNamespace, inNamespace, ipBatch, type Namespace, sysctl } from "./namespaces.ts";
import { delegatedPrefix, type Home, LAN } from "./topology.ts";

/** Namespace of the simple router of a home. */
export function routerOf(home: Home): Namespace {
  return `lab-router${home.index}`;
}

/** Where the operator logs in to the home's server. */
export function debianHomeHost(home: Home): string {
  return home.index === 1 ? LAN.server : `${home.ula}210`;
}

/** Starts the router of a Debian home. */
export async function startSimpleRouter(home: Home, mtu: number): Promise<void> {
  const router = routerOf(home);
  await addNamespace(router);
  await joinBridge(router, "wan", home.wan, home.wanMac);
  await joinBridge(router, "lan", home.lan, home.lanMac);
  await sysctl(router, {
    "net.ipv4.ip_forward": 1,
    "net.ipv6.conf.all.forwarding": 1,
    // 2: advertisements are heeded although it forwards.
    "net.ipv6.conf.wan.accept_ra": 2,
  });
  await ipBatch(router, [
    `link set wan mtu ${mtu}`,
    `address add 100.64.${home.index}.2/30 dev wan`,
    `route add default via 100.64.${home.index}.1`,
    `address add ${LAN.router}/${LAN.length} dev lan`,
    `address add ${home.ula}1/64 dev lan nodad`,
  ]);
  await inNamespace(router, "nft", ["-f", "-"], { input: FIREWALL });
  await setLanPrefix(home, 0, mtu);
}

/**
 * Gives the LAN the first /64 of a delegated prefix.
 * @param generation how often it was renumbered
 * @param mtu bytes that the line takes, which the router announces
 */
export async function setLanPrefix(home: Home, generation: number, mtu: number): Promise<void> {
  const router = routerOf(home);
  const prefix = delegatedPrefix(home.index, generation);
  const old = generation > 0 ? delegatedPrefix(home.index, generation - 1) : undefined;
  await ipBatch(router, [
    ...(old ? [`address delete ${old}1/64 dev lan`] : []),
    `address add ${prefix}1/64 dev lan nodad`,
  ]);
  const config = `${RUN}/daemons/radvd${home.index}.conf`;
  await stopDaemon(`radvd${home.index}`);
  await writeFile(config, advertisements(prefix, home.ula, old, mtu));
  await startDaemon({
    name: `radvd${home.index}`,
    namespace: router,
    command: ["radvd", "--nodaemon", "--logmethod=stderr", `--config=${config}`, `--pidfile=${config}.pid`],
  });
}

/** Boots the home's server. */
export async function bootDebianHome(home: Home): Promise<void> {
  const [host, operator] = [await keyPair(`${home.name}-host`), await keyPair("operator")];
  await bootMachine({
    name: home.name,
    image: await ensureImage("home-debian"),
    memoryMiB: 384,
    nics: [{ bridge: home.lan, mac: `52:54:00:00:0${home.index}:10` }],
    files: {
      "/etc/ssh/ssh_host_ed25519_key": { text: host.privateKey, mode: 0o600 },
      "/etc/ssh/ssh_host_ed25519_key.pub": { text: `${host.publicKey}\n` },
      "/root/.ssh/authorized_keys": { text: `${operator.publicKey}\n`, mode: 0o600 },
      "/etc/hostname": { text: `${home.name}\n` },
    },
  });
}

function advertisements(prefix: string, ula: string, old: string | undefined, mtu: number): string {
  const line = (name: string, lifetimes = "AdvValidLifetime 3600; AdvPreferredLifetime 1800;") =>
    `  prefix ${name}/64 { AdvOnLink on; AdvAutonomous on; ${lifetimes} };\n`;
  return `interface lan {
  AdvSendAdvert on;
  MinRtrAdvInterval 3;
  MaxRtrAdvInterval 10;
  AdvLinkMTU ${mtu};
${line(prefix)}${line(ula)}${old ? line(old, "AdvValidLifetime 7200; AdvPreferredLifetime 0;") : ""}};
`;
}

/** Next header 4 is let in only as an answer: the home's keepalive is what opens the way. */
const FIREWALL = `table inet simple_router {
  chain forward {
    type filter hook forward priority filter; policy drop;
    ct state established,related accept
    iifname "lan" accept
    meta l4proto ipv6-icmp icmpv6 type { echo-request, packet-too-big, time-exceeded, parameter-problem, destination-unreachable } accept
  }
  chain input {
    type filter hook input priority filter; policy drop;
    ct state established,related accept
    iifname { "lo", "lan" } accept
    meta l4proto { icmp, ipv6-icmp } accept
  }
}
table ip simple_nat {
  chain postrouting {
    type nat hook postrouting priority srcnat;
    oifname "wan" masquerade
  }
}
`;
