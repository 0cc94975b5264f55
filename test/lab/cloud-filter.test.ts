/** What the lab's cloud does with a firewall's rules: packets across a router of a kernel's own, by what arrives. */
import { execFile } from "node:child_process";
import { expect, test } from "vitest";
import type { FirewallRule } from "../../lab/cloud/index.ts";
import { filterText } from "../../lab/machine/cloud-filter.ts";

const SERVER = { 4: "203.0.113.10", 6: "2001:db8:1:1::1" } as const;
const rule = (
  protocol: FirewallRule["protocol"],
  port: string | null,
  ...sources: string[]
): FirewallRule => ({
  ...{ direction: "in", protocol, port, source_ips: sources, destination_ips: [], description: null },
});
const order = { id: 7, name: "relay", image: "debian-13", memoryMiB: 512, sshKeys: [] };
const text = filterText({ ...order, publicIpv4: SERVER[4], ipv6Prefix: "2001:db8:1:1::/64" }, [
  rule("tcp", "22", "::/0"),
  rule("tcp", "80-85", "0.0.0.0/0"),
  rule("udp", "any", "198.51.100.0/24"),
  rule("icmp", null, "0.0.0.0/0"),
  rule("gre", null, "::/0"),
  { ...rule("tcp", "443"), direction: "out", destination_ips: ["0.0.0.0/0"] },
]);

type Probe = [family: 4 | 6, protocol: number, port: number, arrives: boolean];
const [TCP, UDP, ICMP, ICMP6, GRE, IPIP, ESP] = [6, 17, 1, 58, 47, 4, 50];
// What has to be dropped first: when the last one has come, all have.
const probes: Probe[] = [
  [4, TCP, 22, false],
  [4, TCP, 443, false],
  [6, TCP, 80, false],
  [6, UDP, 53, false],
  [4, IPIP, 0, false],
  [6, IPIP, 0, false],
  [4, GRE, 0, false],
  [6, ESP, 0, false],
  [6, ICMP6, 0, false],
  [6, TCP, 22, true],
  [4, TCP, 80, true],
  [4, TCP, 85, true],
  [4, UDP, 53, true],
  [4, ICMP, 0, true],
  [6, GRE, 0, true],
];

const counting = probes.map(([family, protocol, port], index) => {
  const to = family === 4 ? `ip daddr ${SERVER[4]}` : `ip6 daddr ${SERVER[6]}`;
  return `${to} meta l4proto ${protocol} ${port === 0 ? "" : `th dport ${port}`} counter name probe${index}`;
});

/** A router with the filter between a client and a server that counts; nothing of it is outside of it. */
const world = `set -eu
mkdir -p /run/netns && mount -t tmpfs none /run/netns
for end in client server; do
	ip netns add $end
	ip link add $end type veth peer name eth0 netns $end
	ip link set $end up
	ip -n $end link set eth0 up
done
sysctl -q -w net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
ip address add 198.51.100.1/24 dev client && ip address add 2001:db8:7::1/64 dev client nodad
ip address add 203.0.113.1/24 dev server && ip address add 2001:db8:1:1::2/64 dev server nodad
ip -n client address add 198.51.100.7/24 dev eth0 && ip -n client address add 2001:db8:7::7/64 dev eth0 nodad
ip -n server address add ${SERVER[4]}/24 dev eth0 && ip -n server address add ${SERVER[6]}/64 dev eth0 nodad
ip -n client route add default via 198.51.100.1 && ip -n client route add default via 2001:db8:7::1
ip netns exec server nft -f - <<-RULES
	table inet seen {
		${probes.map((_, index) => `counter probe${index} { }`).join("\n\t\t")}
		chain arriving {
			type filter hook prerouting priority raw
			${counting.join("\n\t\t\t")}
		}
	}
RULES
nft -f - <<'FILTER'
${text}FILTER
ip netns exec client python3 - <<'SEND'
import socket, struct
for family, protocol, port in ${JSON.stringify(probes.map((probe) => probe.slice(0, 3)))}:
    four = family == 4
    sender = socket.socket(socket.AF_INET if four else socket.AF_INET6, socket.SOCK_RAW, protocol)
    sender.sendto(struct.pack("!HH16x", 40000, port) if port else bytes([8 if four else 128]) + bytes(19),
                  ("${SERVER[4]}" if four else "${SERVER[6]}", 0))
SEND
for try in $(seq 50); do
	ip netns exec server nft -j list counter inet seen probe${probes.length - 1} | grep -q '"packets": 0' || break
	sleep 0.1
done
ip netns exec server nft -j list counters table inet seen
`;

test("what a rule allows arrives, and nothing else: IPv4 in IPv6 not at all", async () => {
  const answer = await new Promise<string>((resolve, reject) => {
    execFile("unshare", ["--net", "--mount", "sh", "-c", world], (error, out, err) =>
      error ? reject(new Error(err)) : resolve(out),
    );
  });
  const counters: { counter?: { name: string; packets: number } }[] = JSON.parse(answer).nftables;
  const arrived = new Map(
    counters.flatMap(({ counter }) => (counter ? [[counter.name, counter.packets > 0]] : [])),
  );
  const said = probes.map(([family, protocol, port], index) => [
    ...[family, protocol, port],
    arrived.get(`probe${index}`),
  ]);
  expect(said).toEqual(probes);
});
