import { ipv4OfEndpoint, type Tunnel } from "../plan/index.ts";
import { linkScript } from "../render/link.ts";
import { outerHeaders } from "../render/outer.ts";
import { fill } from "../render/template.ts";
import { type LinkEnd, type TunnelTransport, tunnelTransports } from "../transports/index.ts";
import type { ProbedTunnel } from "./probedTunnel.ts";

/** One of the two ends of a tunnel that is probed. */
export type Side = LinkEnd["side"];

/** Seconds after which an end takes back what it was not told to take back: a probe takes 30 at most. */
export const patience = 120;

/** The script that makes a probe's tunnel on one end, sends through it and takes it back. */
export function probeScript(tunnel: ProbedTunnel, side: Side): string {
  const { planned, probed, inner6, home } = tunnel;
  const transport: TunnelTransport = tunnelTransports[planned.transport];
  const isRouter = side === "home" && home.end === "openwrt";
  const run = isRouter ? "/tmp/relay4in6-probe" : "/run/relay4in6-probe";
  const packages = transport.needs.packages[side === "relay" ? "relay" : home.end];
  const { module, programs } = transport.needs;
  const endpoint = endpointOf(tunnel, side);
  const installed = isRouter ? "/etc/relay4in6" : "/var/lib/relay4in6";
  const to = outerPeer(probed, side);
  const values = {
    peer: side === "relay" ? planned.home : "the relay",
    seconds: patience,
    run,
    device: probed.device,
    tunnel: planned.device,
    module,
    moduleFrom: packages.find((each) => each.startsWith("kmod-")) ?? `the kernel module ${module}`,
    programs,
    link: linkScript(probed, { side, state: `${run}/state` }).text,
    linkInUse: linkScript(planned, { side, state: installed }).text,
    installed: `/etc/relay4in6/link-${planned.device}`,
    mtu: probed.mtu,
    inner: probed.inner[side],
    ...(inner6 === undefined ? {} : { inner6: inner6[side] }),
    state: stateFiles(probed, side),
    accepts: accepts(tunnel, side, isRouter),
    ...(isRouter ? { fw4: true } : { dontFragment: "-M 'do'" }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(transport.knownBy === "key" ? { key: transport.kind } : {}),
    ...(transport.knownBy === "key" && side === "home" ? { ownMark: probed.marks.outOf.value } : {}),
    ...(to === undefined ? {} : { outer: { to, family: to.includes(":") ? "-6" : "-4" } }),
  };
  return fill("probe", "/probe.sh", values).text;
}

/** The endpoint that this end has to have; a home that dials has none, and over IPv4 the relay needs none. */
function endpointOf({ probed, home }: ProbedTunnel, side: Side) {
  if (side === "home")
    return probed.knownBy === "endpoint" ? { address: probed.homeEndpoint, device: home.device } : undefined;
  return isOver4(probed) ? undefined : { address: probed.relayEndpoint };
}

function isOver4({ outer }: Tunnel): boolean {
  return outer.protocol === "udp" && outer.over === "ipv4";
}

/** Where this end sends the outer packets to; of a home that dials, nobody knows it beforehand. */
function outerPeer(probed: Tunnel, side: Side): string | undefined {
  if (side === "relay") return probed.knownBy === "endpoint" ? probed.homeEndpoint : undefined;
  return isOver4(probed) ? ipv4OfEndpoint(probed.relayEndpoint) : probed.relayEndpoint;
}

/** The state files that the link script reads. */
function stateFiles(probed: Tunnel, side: Side): { name: string; text: string }[] {
  if (probed.knownBy === "key") return [];
  return [{ name: side === "relay" ? probed.endpointName : "endpoint", text: probed.homeEndpoint }];
}

/** What this end's firewall has to let in meanwhile: words of nft for a chain of fw4, or of iptables. */
function accepts({ probed, inner6 }: ProbedTunnel, side: Side, isRouter: boolean): string[] {
  const { device, outer } = probed;
  if (isRouter) {
    const inside = [`input iifname ${device}`, `output oifname ${device}`];
    if (probed.knownBy === "key" || outer.protocol === "udp") return inside;
    const { relayEndpoint, homeEndpoint } = probed;
    const match = `input ip6 saddr ${relayEndpoint} ip6 daddr ${homeEndpoint} meta l4proto`;
    return [...outerHeaders([probed]).map((header) => `${match} ${header}`), ...inside];
  }
  const echo = [
    `iptables filter INPUT -i ${device} -p icmp -j ACCEPT`,
    ...(inner6 === undefined ? [] : [`ip6tables filter INPUT -i ${device} -p ipv6-icmp -j ACCEPT`]),
  ];
  if (outer.protocol === "udp") return side === "home" ? echo : [...udpAccepts(probed), ...echo];
  if (probed.knownBy === "key") return echo;
  const [from, to] =
    side === "relay"
      ? [probed.homeEndpoint, probed.relayEndpoint]
      : [probed.relayEndpoint, probed.homeEndpoint];
  const headers = outerHeaders([probed]);
  return [
    ...headers.map((header) => `ip6tables filter INPUT -p ${header} -s ${from} -d ${to} -j ACCEPT`),
    ...echo,
  ];
}

function udpAccepts({ outer, relayEndpoint }: Tunnel): string[] {
  if (outer.protocol !== "udp") return [];
  const { port, over } = outer;
  if (over === "ipv6") return [`ip6tables filter INPUT -p udp -d ${relayEndpoint} --dport ${port} -j ACCEPT`];
  return [
    `iptables filter INPUT -p udp --dport ${port} -j ACCEPT`,
    // A service of the whole address would take it: what is not tracked is not translated.
    `iptables raw PREROUTING -p udp --dport ${port} -j CT --notrack`,
    `iptables raw OUTPUT -p udp --sport ${port} -j CT --notrack`,
  ];
}
