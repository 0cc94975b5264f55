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

/** Kea delegates one /56 to each home's link. @param generation how often a home was renumbered */
export function keaConfig(homes: readonly Home[], generation: (index: number) => number): string {
  const config = {
    Dhcp6: {
      "interfaces-config": { interfaces: homes.map(({ index }) => `eth${index}`) },
      "lease-database": { type: "memfile", persist: true, name: "/var/lib/kea/kea-leases6.csv" },
      "valid-lifetime": 600,
      "preferred-lifetime": 300,
      "renew-timer": 150,
      "rebind-timer": 240,
      "hooks-libraries": [
        {
          library: "/usr/lib/x86_64-linux-gnu/kea/hooks/libdhcp_run_script.so",
          parameters: { name: "/usr/share/kea/scripts/delegated-route", sync: true },
        },
      ],
      "option-data": [{ name: "aftr-name", code: 64, space: "dhcp6", data: "aftr.isp.example." }],
      "option-def": [],
      subnet6: homes.map(({ index, wanPrefix }) => ({
        id: index,
        subnet: `${wanPrefix}/64`,
        interface: `eth${index}`,
        pools: [{ pool: `${wanPrefix}d000-${wanPrefix}dfff` }],
        "pd-pools": [
          { prefix: delegatedPrefix(index, generation(index)), "prefix-len": 56, "delegated-len": 56 },
        ],
      })),
      loggers: [{ name: "kea-dhcp6", output_options: [{ output: "syslog" }], severity: "INFO" }],
    },
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}

/** Kea's hook: a delegated prefix is routed to whoever asked for it. */
export function routeHook(): string {
  return `#!/bin/sh
# Called by Kea's run_script hook with the event as its argument and the leases in the environment.
set -u
[ "$1" = leases6_committed ] || exit 0
at=0
while [ "$at" -lt "\${LEASES6_SIZE:-0}" ]; do
  eval "type=\\$LEASES6_AT\${at}_TYPE address=\\$LEASES6_AT\${at}_ADDRESS length=\\$LEASES6_AT\${at}_PREFIX_LEN"
  if [ "$type" = IA_PD ]; then
    ip -6 route replace "$address/$length" via "$QUERY6_REMOTE_ADDR" dev "$QUERY6_IFACE_NAME"
  fi
  at=$((at + 1))
done
`;
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
systemctl start --no-block radvd kea-dhcp6-server
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
  if (kind !== "none")
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
