/**
 * Files of the ISP's machine. Card eth0 leads to the internet, ethN to home N.
 */
import { delegatedPrefix, type Home, INTERNET } from "./topology.ts";

/** Router advertisements towards each home: an on-link /64, addresses by SLAAC, more by DHCPv6. */
export function radvdConfig(homes: readonly Home[], mtu: number): string {
  return homes
    .map(
      ({ index, wanPrefix }) => `interface eth${index} {
  AdvSendAdvert on;
  AdvOtherConfigFlag on;
  AdvLinkMTU ${mtu};
  MinRtrAdvInterval 3;
  MaxRtrAdvInterval 10;
  prefix ${wanPrefix}/64 { AdvOnLink on; AdvAutonomous on; };
};
`,
    )
    .join("");
}

/**
 * The DHCPv6 server delegates one /56 to each home: to a known router by its DUID, so that it keeps its
 * prefix when it starts anew; to a router of the user's own from a pool of one.
 * @param generation how often a home was renumbered
 */
export function dhcpConfig(homes: readonly Home[], generation: (index: number) => number): string {
  const links = homes.map((home) => {
    const { index, wanPrefix, kind, wanMac } = home;
    const prefix = delegatedPrefix(index, generation(index));
    // DUID-LL, RFC 8415, 11.4: type 3, hardware type 1, the MAC.
    const known = `host home${index} {
  host-identifier option dhcp6.client-id 00:03:00:01:${wanMac};
  fixed-prefix6 ${prefix}/56;
}
`;
    const pool = kind === "none" ? `  prefix6 ${prefix} ${prefix} /56;\n` : "";
    return `subnet6 ${wanPrefix}/64 {
  range6 ${wanPrefix}d000 ${wanPrefix}dfff;
${pool}}
${kind === "none" ? "" : known}`;
  });
  return `default-lease-time 600;
preferred-lifetime 300;
option dhcp-renewal-time 150;
option dhcp-rebinding-time 240;
authoritative;
${links.join("")}`;
}

/** Sets the machine's addresses, routes, tunnels and NAT at boot. */
export function setUpScript(homes: readonly Home[], mtu: number): string {
  const { isp } = INTERNET;
  return `#!/bin/sh
set -eu
modprobe -a ip6_tunnel nf_nat nf_conntrack
sysctl -q -w net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
ip link set eth0 up
ip address add ${isp.ipv4}/${isp.length} dev eth0
ip route add default via ${isp.core}
ip address add ${isp.ipv6}/64 dev eth0 nodad
ip -6 route add default via ${isp.core6}
ip address add ${isp.aftr}/128 dev lo
ip route add unreachable ${isp.nat}/32 metric 4096
ip -6 route add unreachable 2001:db8:b000::/36 metric 4096
${homes.map((home) => link(home, mtu)).join("")}nft -f - <<'RULES'
${nat(homes)}RULES
systemctl start --no-block radvd isp-dhcp6
`;
}

function link(home: Home, mtu: number): string {
  const { index, wanPrefix, wanLinkLocal, wanAddress, kind } = home;
  const device = `eth${index}`;
  const lines = [
    `ip link set ${device} mtu ${mtu} up`,
    `ip address add ${wanPrefix}1/64 dev ${device} nodad`,
  ];
  if (kind === "debian") {
    // Carrier-grade NAT instead of DS-Lite: shared address space of RFC 6598 on the link.
    lines.push(`ip address add 100.64.${index}.1/30 dev ${device}`);
  } else {
    // One tunnel per home tells equal LAN addresses apart; the mark brings answers back to it.
    lines.push(
      `ip -6 tunnel add aftr${index} mode ipip6 local ${INTERNET.isp.aftr} remote ${wanAddress} encaplimit none`,
      `ip link set aftr${index} up mtu ${mtu - 40}`,
      `ip route add default dev aftr${index} table ${100 + index}`,
      `ip rule add fwmark ${index} lookup ${100 + index}`,
    );
  }
  lines.push(`ip -6 route add ${delegatedPrefix(index, 0)}/56 via ${wanLinkLocal} dev ${device}`);
  return `${lines.join("\n")}\n`;
}

function nat(homes: readonly Home[]): string {
  const tunnels = homes.filter(({ kind }) => kind !== "debian");
  const each = (line: (index: number) => string) =>
    tunnels.map(({ index }) => `    ${line(index)}\n`).join("");
  return `table ip aftr {
  chain zones {
    type filter hook prerouting priority raw;
${each((index) => `iifname "aftr${index}" ct original zone set ${index}`)}  }
  chain marks {
    type filter hook prerouting priority mangle;
${each((index) => `iifname "aftr${index}" ct mark set ${index} return`)}    meta mark set ct mark
  }
  chain inbound {
    type filter hook forward priority filter;
    # Nothing begins from outside: there is no inbound IPv4 behind DS-Lite or CGNAT.
    iifname "eth0" ct state != { established, related } drop
  }
  chain translate {
    type nat hook postrouting priority srcnat;
    oifname "eth0" ip saddr != ${INTERNET.isp.ipv4} snat to ${INTERNET.isp.nat}
  }
}
`;
}
