import { describe, expect, it } from "vitest";
import { parseSpec } from "../../src/config/parse.ts";
import { config, faultsOf, HOST_KEY, home, manualHome, serving } from "./examples.ts";

type Example = [title: string, config: unknown, key: string, value: unknown, problem: RegExp, cure: RegExp];

const LAN = { prefix: "192.168.1.0/24", device: "br-lan" };
const ssh = (change: object) =>
  config({ homes: [home({ ssh: { host: "router", hostKey: HOST_KEY, ...change } })] });
const withPrefix = (prefix: string) => config({ homes: [manualHome({ prefix })] });
const withLan = (prefix: string, to = "192.168.1.210") =>
  config({ homes: [home({ lan: { ...LAN, prefix } })], services: [{ to }] });
const own = (change: object = {}, ...services: unknown[]) => ({
  ...serving(...(services.length > 0 ? services : [{ port: 443, to: "192.168.1.210" }])),
  relay: { provider: "existing", host: "2a01:4f8::1", hostKey: HOST_KEY, ...change },
});
const two = (...services: unknown[]) => ({ homes: [home(), manualHome()], services });
const box = (transport: string, ...services: unknown[]) => ({
  homes: [{ name: "box", end: "none", transport }],
  services,
});
const relayedTo = (to: string) => box("proxy", { port: 443, to });
const target = (to: string) => serving({ port: 443, to });

const examples: Example[] = [
  [
    "two paths that end at one endpoint",
    config({ homes: [home({ transport: ["ipip6", "gre6"] })] }),
    "homes[0].transport",
    ["ipip6", "gre6"],
    /both end at the home's endpoint: what takes the one takes the other/,
    /one of ipip6, gre6 and wireguard, the preferred one first; or a single word/,
  ],
  [
    "two paths of one kind",
    config({ homes: [home({ transport: ["wireguard", "wireguard"] })] }),
    "homes[0].transport",
    ["wireguard", "wireguard"],
    /are one and the same/,
    /one of ipip6, gre6 and wireguard/,
  ],
  [
    "three paths",
    config({ homes: [home({ transport: ["ipip6", "gre6", "wireguard"] })] }),
    "homes[0].transport",
    ["ipip6", "gre6", "wireguard"],
    /is a list of 3, and there are two paths/,
    /a single word/,
  ],
  [
    "a path that is no tunnel",
    config({ homes: [home({ transport: ["ipip6", "proxy"] })] }),
    "homes[0].transport[1]",
    "proxy",
    /is none of ipip6, gre6, wireguard/,
    /write one of ipip6, gre6, wireguard/,
  ],
  [
    "a Cloud Firewall that drops the first of two paths",
    { ...config({ homes: [home({ transport: ["ipip6", "wireguard"] })] }), relay: { firewall: true } },
    "homes[0].transport",
    ["ipip6", "wireguard"],
    /protocol 4/,
    /gre6, wireguard/,
  ],
  [
    "UDP over proxy",
    box("proxy", { port: 53, protocol: "udp", to: "2001:db8:4::53" }),
    "services[0].protocol",
    "udp",
    /asks for UDP, which proxy, the transport of box, does not carry/,
    /homes\[0\]\.transport: ipip6, gre6, wireguard, socat; for a tunnel, `end` says/,
  ],
  [
    "both over proxy",
    box("proxy", { port: 53, protocol: "both", to: "2001:db8:4::53" }),
    "services[0].protocol",
    "both",
    /asks for UDP/,
    /ipip6, gre6, wireguard, socat/,
  ],
  [
    "whole address over socat",
    box("socat", { to: "2001:db8:4::53" }),
    "services[0]",
    { to: "2001:db8:4::53" },
    /asks for a whole address, which socat/,
    /homes\[0\]\.transport: ipip6, gre6, wireguard; .*\), or give the service `port`/,
  ],
  [
    "whole address over proxy",
    box("proxy", { to: "2001:db8:4::53" }),
    "services[0]",
    { to: "2001:db8:4::53" },
    /asks for a whole address, which proxy/,
    /ipip6, gre6, wireguard/,
  ],
  [
    "too many ports over socat",
    box("socat", { ports: "50000-50100", to: "2001:db8:4::53" }),
    "services[0].ports",
    "50000-50100",
    /has 101 ports, and socat, which runs a process for each, takes 64 at most/,
    /ipip6, gre6, wireguard, proxy/,
  ],
  [
    "IPv4 server without a tunnel",
    relayedTo("192.168.1.210"),
    "services[0].to",
    "192.168.1.210",
    /cannot reach without a tunnel/,
    /IPv6 address/,
  ],
  ["link-local server", relayedTo("fe80::1"), "services[0].to", "fe80::1", /link-local/, /public IPv6/],
  [
    "private server",
    relayedTo("[fd00::1]:80"),
    "services[0].to",
    "[fd00::1]:80",
    /unique local/,
    /public IPv6/,
  ],
  [
    "name without a domain",
    relayedTo("server"),
    "services[0].to",
    "server",
    /host name with a domain/,
    /server\.haus\.example/,
  ],
  [
    "shell in a server's name",
    relayedTo("$(reboot).example"),
    "services[0].to",
    "$(reboot).example",
    /neither/,
    /IPv6/,
  ],
  [
    "line break in a server's name",
    relayedTo("a.example\nglobal"),
    "services[0].to",
    "a.example\nglobal",
    /neither/,
    /IPv6/,
  ],
  ["port of a server", relayedTo("a.example:0"), "services[0].to", "a.example:0", /neither/, /IPv6/],
  [
    "translated range without a tunnel",
    box("proxy", { ports: "5000-5001", to: "[2001:db8:4::53]:80" }),
    "services[0].to",
    "[2001:db8:4::53]:80",
    /translates a range/,
    /address alone/,
  ],
  ["IPv6 server behind a tunnel", target("2001:db8::1"), "services[0].to", "2001:db8::1", /no IPv4/, /IPv4/],
  [
    "PROXY protocol by socat",
    box("socat", { port: 443, to: "2001:db8:4::53", proxyProtocol: true }),
    "services[0].proxyProtocol",
    true,
    /is not spoken by socat/,
    /transport: proxy/,
  ],
  [
    "PROXY protocol through a tunnel",
    serving({ port: 443, to: "192.168.1.210", proxyProtocol: true }),
    "services[0].proxyProtocol",
    true,
    /means nothing through a tunnel/,
    /leave it out/,
  ],
  [
    "egress without a tunnel",
    box("proxy", { port: 443, to: "2001:db8:4::53", egress: "relay" }),
    "services[0].egress",
    "relay",
    /no connection leaves the home through the relay/,
    /ipip6, gre6, wireguard/,
  ],
  [
    "a process on the port of SSH",
    box("proxy", { port: 22, to: "2001:db8:4::53" }),
    "services[0].port",
    22,
    /where the relay's own SSH listens/,
    /relay\.management\.port/,
  ],
  ["user in host", ssh({ host: "root@router" }), "homes[0].ssh.host", "root@router", /host name/, /`user`/],
  [
    "port in host",
    ssh({ host: "192.168.1.1:22" }),
    "homes[0].ssh.host",
    "192.168.1.1:22",
    /host name/,
    /`port`/,
  ],
  ["brackets", ssh({ host: "[2a02::1]" }), "homes[0].ssh.host", "[2a02::1]", /host name/, /without brackets/],
  [
    "octet 256",
    ssh({ host: "192.168.1.256" }),
    "homes[0].ssh.host",
    "192.168.1.256",
    /address/,
    /IPv4 address/,
  ],
  ["option as host", ssh({ host: "-oX=y" }), "homes[0].ssh.host", "-oX=y", /host name/, /host name/],
  ["shell in host", ssh({ host: "$(reboot)" }), "homes[0].ssh.host", "$(reboot)", /host name/, /host name/],
  ["own server's host", own({ host: "a b" }), "relay.host", "a b", /host name/, /host name/],

  [
    "cut host key",
    ssh({ hostKey: HOST_KEY.slice(0, -8) }),
    "homes[0].ssh.hostKey",
    HOST_KEY.slice(0, -8),
    /cut short/,
    /ssh-keyscan -t ed25519 router/,
  ],
  [
    "fingerprint",
    ssh({ hostKey: "SHA256:abc" }),
    "homes[0].ssh.hostKey",
    "SHA256:abc",
    /fingerprint/,
    /ssh-keyscan/,
  ],
  [
    "known_hosts line",
    ssh({ hostKey: `router ${HOST_KEY}` }),
    "homes[0].ssh.hostKey",
    `router ${HOST_KEY}`,
    /before the type/,
    /after the host/,
  ],
  [
    "type of another key",
    ssh({ hostKey: HOST_KEY.replace("ssh-ed25519", "ssh-rsa") }),
    "homes[0].ssh.hostKey",
    HOST_KEY.replace("ssh-ed25519", "ssh-rsa"),
    /damaged/,
    /ssh-keyscan/,
  ],
  [
    "two host keys",
    ssh({ hostKey: `${HOST_KEY}\n${HOST_KEY}` }),
    "homes[0].ssh.hostKey",
    `${HOST_KEY}\n${HOST_KEY}`,
    /host key|before|damaged/,
    /ssh-keyscan/,
  ],
  [
    "ellipsis of the docs",
    own({ hostKey: "ssh-ed25519 AAAA…" }),
    "relay.hostKey",
    "ssh-ed25519 AAAA…",
    /cut short/,
    /ssh-keyscan -t ed25519 2a01:4f8::1/,
  ],
  [
    "host key with a port",
    own({ hostKey: "x", port: 2222 }),
    "relay.hostKey",
    "x",
    /no public host key/,
    /-p 2222/,
  ],

  [
    "public key file",
    ssh({ key: "~/.ssh/id.pub" }),
    "homes[0].ssh.key",
    "~/.ssh/id.pub",
    /public half/,
    /path of the private key/,
  ],
  ["empty path", ssh({ key: " " }), "homes[0].ssh.key", " ", /empty/, /agent/],
  ["line break in path", own({ key: "a\nb" }), "relay.key", "a\nb", /line break/, /path/],
  [
    "private key itself",
    ssh({ key: "-----BEGIN OPENSSH PRIVATE KEY-----\nc2VjcmV0" }),
    "homes[0].ssh.key",
    "(not shown)",
    /its path is wanted/,
    /path/,
  ],

  [
    "IPv6 through an own server",
    {
      ...own({}, { port: 443, to: "192.168.1.210" }),
      homes: [home({ end: "debian", ipv6: true })],
    },
    "homes[0].ipv6",
    true,
    /a \/64 that is routed to the relay/,
    /Hetzner Cloud/,
  ],
  [
    "IPv6 at a home that is set up by hand",
    config({ homes: [manualHome({ ipv6: true })] }),
    "homes[0].ipv6",
    true,
    /not known beside this `end`/,
    /change `end`/,
  ],
  [
    "two names that give the same IPv6 addresses",
    {
      homes: ["htja", "h17ab"].map((name) => home({ end: "debian", ipv6: true, name })),
      services: [{ port: 443, to: "192.168.1.210", home: "htja" }],
    },
    "homes[1].name",
    "h17ab",
    /the same IPv6 addresses as homes\[0\]/,
    /other name/,
  ],
  [
    "a firewall that drops the default transport",
    config({ relay: { firewall: true }, services: [{ port: 443, to: "192.168.1.210" }] }),
    "homes[0].transport",
    "ipip6",
    /protocol 4.*Firewall \(`relay\.firewall: true`\) drops/,
    /write one that it knows \(gre6, wireguard\), or leave `relay\.firewall` out/,
  ],
  [
    "a firewall before a home that is set up by hand",
    { relay: { firewall: true }, homes: [manualHome()], services: [{ port: 443, to: "192.168.1.210" }] },
    "homes[0].transport",
    "ipip6",
    /drops/,
    /^leave `relay\.firewall` out/,
  ],
  [
    "more than a firewall holds",
    config({
      relay: { firewall: true },
      homes: [home({ transport: "gre6" })],
      services: Array.from({ length: 46 }, (_, n) => ({ port: 1000 + 2 * n, to: "192.168.1.210" })),
    }),
    "relay.firewall",
    true,
    /needs 51 rules .* holds 50/,
    /neighbouring public ports/,
  ],
  [
    "a firewall of an own server",
    own({ firewall: true }),
    "relay.firewall",
    true,
    /not known beside this `provider`/,
    /leave it out/,
  ],
  [
    "a wrong transport, which is told once",
    config({
      relay: { firewall: true },
      homes: [home({ transport: "wiregard", wireguard: { over: "ipv4" } })],
      services: [{ port: 443, to: "192.168.1.210" }],
    }),
    "homes[0].transport",
    "wiregard",
    /none of/,
    /write wireguard/,
  ],
  [
    "WireGuard's words for another transport",
    config({ homes: [home({ wireguard: { over: "ipv4" } })] }),
    "homes[0].wireguard",
    { over: "ipv4" },
    /another/,
    /transport: wireguard/,
  ],
  [
    "service on WireGuard's own port",
    config({
      homes: [home({ transport: "wireguard" })],
      services: [{ ports: "24000-25000", protocol: "both", to: "192.168.1.210" }],
    }),
    "services[0].ports",
    "24000-25000",
    /udp 24642/,
    /homes\[0\]\.wireguard\.port/,
  ],
  [
    "service on WireGuard's chosen port",
    config({
      homes: [home({ transport: "wireguard", wireguard: { port: 51820 } })],
      services: [{ port: 51820, protocol: "udp", to: "192.168.1.210" }],
    }),
    "services[0].port",
    51820,
    /udp 51820/,
    /another public port/,
  ],
  [
    "two homes on one WireGuard port",
    config({
      homes: [
        home({ transport: "wireguard" }),
        home({ name: "zwei", transport: "wireguard", wireguard: { port: 24642 } }),
      ],
      services: [{ port: 443, to: "192.168.1.210", home: "haus" }],
    }),
    "homes[1].wireguard.port",
    24642,
    /homes\[0\] too, where none is written/,
    /another port/,
  ],
  [
    "a WireGuard port that we would choose for a later home",
    config({
      homes: [
        home({ transport: "wireguard", wireguard: { port: 24643 } }),
        home({ name: "zwei", transport: "wireguard" }),
      ],
      services: [{ port: 443, to: "192.168.1.210", home: "haus" }],
    }),
    "homes[0].wireguard.port",
    24643,
    /homes\[1\] too, where none is written/,
    /another port/,
  ],
  [
    "two written WireGuard ports that are one",
    config({
      homes: [
        home({ transport: "wireguard", wireguard: { port: 51820 } }),
        home({ name: "zwei", transport: "wireguard", wireguard: { over: "ipv4", port: 51820 } }),
      ],
      services: [{ port: 443, to: "192.168.1.210", home: "haus" }],
    }),
    "homes[1].wireguard.port",
    51820,
    /the port of homes\[0\] too$/,
    /another port/,
  ],
  [
    "a process on a WireGuard port",
    {
      homes: [home({ transport: "wireguard" }), { name: "box", end: "none", transport: "socat" }],
      services: [
        { port: 443, to: "192.168.1.210", home: "haus" },
        { ports: "24640-24650", protocol: "udp", to: "2001:db8:4::53", home: "box" },
      ],
    },
    "services[1].ports",
    "24640-24650",
    /udp 24642, the port of the WireGuard tunnel to homes\[0\]/,
    /another public port/,
  ],

  [
    "two SSH ports",
    own({ port: 22, management: { port: 23 } }),
    "relay.management.port",
    23,
    /not the SSH port/,
    /leave/,
  ],
  [
    "family against host",
    own({ management: { over: "ipv4" } }),
    "relay.management.over",
    "ipv4",
    /does not fit/,
    /write ipv6/,
  ],

  [
    "a home called relay",
    { ...two({ to: "10.0.0.1", home: "relay" }), homes: [home({ name: "relay" })] },
    "homes[0].name",
    "relay",
    /relay's own end/,
    /another name/,
  ],
  [
    "one name twice",
    { ...two({ to: "10.0.0.1", home: "haus" }), homes: [home(), manualHome({ name: "haus" })] },
    "homes[1].name",
    "haus",
    /homes\[0\]/,
    /another name/,
  ],

  ["manual and auto", withPrefix("auto"), "homes[0].prefix", "auto", /no machine to ask/, /2001:db8:2::\/64/],
  [
    "longer than /64",
    withPrefix("2a02:8106:1:2::/65"),
    "homes[0].prefix",
    "2a02:8106:1:2::/65",
    /longer than \/64/,
    /2a02:8106:1:2::\/64/,
  ],
  [
    "host bits",
    withPrefix("2a02:8106:1:2::1/64"),
    "homes[0].prefix",
    "2a02:8106:1:2::1/64",
    /host bits/,
    /2a02:8106:1:2::\/64/,
  ],
  [
    "no length",
    withPrefix("2a02:8106:1:2::1"),
    "homes[0].prefix",
    "2a02:8106:1:2::1",
    /without a length/,
    /2a02:8106:1:2::\/64/,
  ],
  [
    "an ISP's prefix",
    withPrefix("2a02::/16"),
    "homes[0].prefix",
    "2a02::/16",
    /more than an ISP/,
    /home's prefix/,
  ],
  [
    "no prefix",
    withPrefix("192.168.1.0/24"),
    "homes[0].prefix",
    "192.168.1.0/24",
    /no IPv6 prefix/,
    /home's prefix/,
  ],
  [
    "shell in prefix",
    withPrefix("$(reboot)::/64"),
    "homes[0].prefix",
    "$(reboot)::/64",
    /no IPv6 prefix/,
    /home's prefix/,
  ],
  ["ULA", withPrefix("fd12:3456:789a:1::/64"), "homes[0].prefix", "fd12:3456:789a:1::/64", /ULA/, /ISP/],
  ["link-local", withPrefix("fe80::/64"), "homes[0].prefix", "fe80::/64", /link-local/, /ISP/],
  ["loopback", withPrefix("::/64"), "homes[0].prefix", "::/64", /loopback/, /ISP/],
  ["multicast", withPrefix("ff02::/64"), "homes[0].prefix", "ff02::/64", /multicast/, /ISP/],
  [
    "ULA of an OpenWrt home",
    config({ homes: [home({ prefix: "fd00::/48" })] }),
    "homes[0].prefix",
    "fd00::/48",
    /ULA/,
    /ISP/,
  ],

  [
    "one /64 twice",
    {
      ...two({ to: "10.0.0.1", home: "haus" }),
      homes: [home({ prefix: "2a02:8106:1::/56" }), manualHome({ prefix: "2a02:8106:1::/64" })],
    },
    "homes[1].prefix",
    "2a02:8106:1::/64",
    /same endpoint as homes\[0\]/,
    /another \/64/,
  ],

  [
    "LAN with host bits",
    withLan("192.168.1.1/24"),
    "homes[0].lan.prefix",
    "192.168.1.1/24",
    /host bits/,
    /192\.168\.1\.0\/24/,
  ],
  [
    "LAN of the world",
    withLan("0.0.0.0/0"),
    "homes[0].lan.prefix",
    "0.0.0.0/0",
    /no LAN/,
    /192\.168\.1\.0\/24/,
  ],
  [
    "LAN of multicast",
    withLan("224.0.0.0/8"),
    "homes[0].lan.prefix",
    "224.0.0.0/8",
    /multicast/,
    /192\.168\.1\.0\/24/,
  ],
  [
    "LAN without length",
    withLan("192.168.1.0"),
    "homes[0].lan.prefix",
    "192.168.1.0",
    /no IPv4 prefix/,
    /192\.168\.1\.0\/24/,
  ],

  [
    "port and ports",
    serving({ port: 1, ports: "2-3", to: "192.168.1.2" }),
    "services[0].ports",
    "2-3",
    /beside `port`/,
    /two entries/,
  ],
  [
    "translated range",
    serving({ ports: "80-90", to: "192.168.1.2:80" }),
    "services[0].to",
    "192.168.1.2:80",
    /translates a range/,
    /address alone/,
  ],
  [
    "port of the whole address",
    serving({ to: "192.168.1.2:80" }),
    "services[0].to",
    "192.168.1.2:80",
    /whole address/,
    /`port: 80`/,
  ],
  [
    "protocol of the whole address",
    serving({ protocol: "udp", to: "192.168.1.2" }),
    "services[0].protocol",
    "udp",
    /means nothing/,
    /add `port`/,
  ],

  [
    "range backwards",
    serving({ ports: "90-80", to: "192.168.1.2" }),
    "services[0].ports",
    "90-80",
    /backwards/,
    /write 80-90/,
  ],
  [
    "range from 0",
    serving({ ports: "0-80", to: "192.168.1.2" }),
    "services[0].ports",
    "0-80",
    /outside/,
    /1 to 65535/,
  ],
  [
    "range to 65536",
    serving({ ports: "80-65536", to: "192.168.1.2" }),
    "services[0].ports",
    "80-65536",
    /outside/,
    /1 to 65535/,
  ],
  [
    "range of one number",
    serving({ ports: "443", to: "192.168.1.2" }),
    "services[0].ports",
    "443",
    /no range/,
    /`port: 443`/,
  ],
  [
    "range of iptables",
    serving({ ports: "80:90", to: "192.168.1.2" }),
    "services[0].ports",
    "80:90",
    /no range/,
    /FIRST-LAST/,
  ],

  ["name as target", target("server"), "services[0].to", "server", /no IPv4 address/, /192\.168\.1\.210/],
  ["IPv6 target", target("2a02::1"), "services[0].to", "2a02::1", /no IPv4 address/, /IPv4 address/],
  ["short address", target("192.168.1"), "services[0].to", "192.168.1", /no IPv4 address/, /IPv4 address/],
  [
    "octal address",
    target("192.168.01.1"),
    "services[0].to",
    "192.168.01.1",
    /no IPv4 address/,
    /IPv4 address/,
  ],
  [
    "prefix as target",
    target("192.168.1.0/24"),
    "services[0].to",
    "192.168.1.0/24",
    /no IPv4 address/,
    /IPv4 address/,
  ],
  [
    "shell in target",
    target("192.168.1.2;reboot"),
    "services[0].to",
    "192.168.1.2;reboot",
    /no IPv4 address/,
    /IPv4 address/,
  ],
  [
    "target port 65536",
    target("192.168.1.2:65536"),
    "services[0].to",
    "192.168.1.2:65536",
    /port outside/,
    /address/,
  ],
  ["target 0.0.0.0", target("0.0.0.0"), "services[0].to", "0.0.0.0", /this network/, /server's own/],
  ["loopback target", target("127.0.0.1"), "services[0].to", "127.0.0.1", /loopback/, /server's own/],
  [
    "link-local target",
    target("169.254.169.254"),
    "services[0].to",
    "169.254.169.254",
    /link-local/,
    /server's own/,
  ],
  ["multicast target", target("224.0.0.1"), "services[0].to", "224.0.0.1", /multicast/, /server's own/],
  [
    "broadcast target",
    target("255.255.255.255"),
    "services[0].to",
    "255.255.255.255",
    /the broadcast/,
    /server's own/,
  ],
  ["reserved target", target("250.0.0.1"), "services[0].to", "250.0.0.1", /reserved/, /server's own/],
  [
    "broadcast of the LAN",
    withLan(LAN.prefix, "192.168.1.255"),
    "services[0].to",
    "192.168.1.255",
    /broadcast/,
    /server's own/,
  ],
  [
    "address of the LAN itself",
    withLan(LAN.prefix, "192.168.1.0"),
    "services[0].to",
    "192.168.1.0",
    /network/,
    /server's own/,
  ],
  [
    "target in no LAN",
    withLan(LAN.prefix, "192.168.2.210"),
    "services[0].to",
    "192.168.2.210",
    /not in the home's LAN/,
    /address in 192\.168\.1\.0\/24/,
  ],

  [
    "unknown home",
    two({ to: "10.0.0.1", home: "hausi" }),
    "services[0].home",
    "hausi",
    /no home/,
    /write haus/,
  ],
  [
    "unknown home, far from any",
    two({ to: "10.0.0.1", home: "office" }),
    "services[0].home",
    "office",
    /no home/,
    /haus, hof/,
  ],
  ["home missing", two({ to: "10.0.0.1" }), "services[0].home", undefined, /is missing/, /haus, hof/],

  [
    "one port twice",
    serving({ port: 80, to: "10.0.0.1" }, { port: 80, to: "10.0.0.2" }),
    "services[1].port",
    80,
    /tcp 80.*services\[0\]/,
    /another public port/,
  ],
  [
    "port in a range",
    serving({ port: 85, to: "10.0.0.1" }, { ports: "80-90", to: "10.0.0.2" }),
    "services[1].ports",
    "80-90",
    /tcp 85.*services\[0\]/,
    /another public port/,
  ],
  [
    "ranges that overlap in udp",
    serving(
      { ports: "80-90", protocol: "both", to: "10.0.0.1" },
      { ports: "90-95", protocol: "udp", to: "10.0.0.1" },
    ),
    "services[1].ports",
    "90-95",
    /udp 90.*services\[0\]/,
    /another public port/,
  ],
  [
    "one port, two homes",
    two({ port: 80, to: "10.0.0.1", home: "haus" }, { port: 80, to: "10.0.0.1", home: "hof" }),
    "services[1].port",
    80,
    /services\[0\]/,
    /another public port/,
  ],
  [
    "small range inside a wide one, not next to it",
    serving(
      { ports: "1-100", to: "10.0.0.1" },
      { port: 5, protocol: "udp", to: "10.0.0.1" },
      { ports: "50-60", to: "10.0.0.1" },
    ),
    "services[2].ports",
    "50-60",
    /tcp 50-60.*services\[0\]/,
    /another public port/,
  ],

  [
    "whole address twice",
    serving({ to: "10.0.0.1" }, { to: "10.0.0.2" }),
    "services[1]",
    { to: "10.0.0.2" },
    /services\[0\]/,
    /add `port`/,
  ],
  [
    "whole address twice, two homes",
    two({ to: "10.0.0.1", home: "haus" }, { to: "10.0.0.1", home: "hof" }),
    "services[1]",
    { to: "10.0.0.1", home: "hof" },
    /services\[0\]/,
    /add `port`/,
  ],

  [
    "management port",
    { ...serving({ port: 22, to: "10.0.0.1" }), relay: { management: { over: "ipv4" } } },
    "services[0].port",
    22,
    /relay's own SSH/,
    /over: ipv6/,
  ],
  [
    "range over the management port",
    {
      ...serving({ ports: "2000-3000", protocol: "both", to: "10.0.0.1" }),
      relay: { management: { over: "ipv4", port: 2222 } },
    },
    "services[0].ports",
    "2000-3000",
    /tcp 2222/,
    /another port/,
  ],
  [
    "own server's SSH port",
    own({ host: "198.51.100.7", port: 2222 }, { port: 2222, to: "10.0.0.1" }),
    "services[0].port",
    2222,
    /relay's own SSH/,
    /another port/,
  ],
  [
    "own server by IPv4, whole address",
    own({ host: "198.51.100.7" }, { to: "10.0.0.1" }),
    "relay.host",
    "198.51.100.7",
    /SSH over IPv4/,
    /IPv6 address as `host`/,
  ],
  [
    "own server, said so, whole address",
    own({ host: "relay.example.org", management: { over: "ipv4" } }, { to: "10.0.0.1" }),
    "relay.management.over",
    "ipv4",
    /SSH over IPv4/,
    /over: ipv6/,
  ],

  [
    "two ways out",
    serving({ port: 80, to: "10.0.0.1", egress: "relay" }, { port: 81, to: "10.0.0.1:1", egress: "replies" }),
    "services[1].egress",
    "replies",
    /contradicts services\[0\]/,
    /the same/,
  ],
];

describe("a config is refused for", () => {
  it.each(examples)("%s", (_title, raw, key, value, problem, cure) => {
    const faults = faultsOf(raw);
    expect(faults.map((fault) => fault.key)).toEqual([key]);
    expect(faults[0]?.value).toEqual(value);
    expect(faults[0]?.problem).toMatch(problem);
    expect(faults[0]?.cure).toMatch(cure);
  });
});

describe("a config is not refused for", () => {
  const right: [string, unknown][] = [
    ["a service on port 22 while SSH is over IPv6", serving({ port: 22, to: "10.0.0.1" })],
    [
      "udp on the management port",
      { ...serving({ port: 22, protocol: "udp", to: "10.0.0.1" }), relay: { management: { over: "ipv4" } } },
    ],
    [
      "the whole address while SSH to a created relay is over IPv4",
      { ...config(), relay: { management: { over: "ipv4" } } },
    ],
    [
      "neighbouring ranges",
      serving(
        { ports: "80-90", to: "10.0.0.1" },
        { ports: "91-95", to: "10.0.0.1" },
        { port: 79, to: "10.0.0.1" },
      ),
    ],
    [
      "a firewall that is full",
      config({
        relay: { firewall: true },
        homes: [home({ transport: "gre6" })],
        services: Array.from({ length: 45 }, (_, n) => ({ port: 1000 + 2 * n, to: "192.168.1.210" })),
      }),
    ],
    ["a /31 LAN, which has no broadcast address", withLan("192.168.1.2/31", "192.168.1.3")],
    [
      "host names, zones and both families",
      {
        ...two({ to: "10.0.0.1", home: "haus" }),
        homes: [
          home({ ssh: { host: "fe80::1%br-lan", hostKey: HOST_KEY } }),
          home({ name: "b", ssh: { host: "router.lan", hostKey: HOST_KEY } }),
        ],
      },
    ],
    [
      "an ECDSA host key",
      ssh({ hostKey: `ecdsa-sha2-nistp256 ${blob("ecdsa-sha2-nistp256", "nistp256", "x".repeat(65))}` }),
    ],
  ];
  it.each(right)("%s", (_title, raw) => {
    expect(parseSpec(raw).warnings).toEqual([]);
  });
});

describe("a warning", () => {
  it.each([
    ["2001:db8:2::/64", /documentation/],
    ["3fff:1::/48", /documentation/],
    ["54a0:6231:d015:6ef9::/64", /outside 2000::\/3/],
  ])("is given for %s", (prefix, problem) => {
    const { warnings } = parseSpec(withPrefix(prefix));
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatchObject({ key: "homes[0].prefix", value: prefix });
    expect(warnings[0]?.problem).toMatch(problem);
    expect(warnings[0]?.cure).toMatch(/lab/);
  });

  it("is given where a server does not see its clients, with what would show them", () => {
    const service = { port: 443, to: "2001:db8:4::53" };
    const said = (transport: string, change: object) =>
      parseSpec(box(transport, { ...service, ...change })).warnings.map(({ key, problem, cure }) => [
        key,
        problem,
        cure,
      ]);
    expect(said("socat", {})).toEqual([
      [
        "services[0]",
        expect.stringMatching(/the relay's address.*socat does not keep it/),
        expect.stringMatching(/^use a tunnel \(`transport`: ipip6/),
      ],
    ]);
    expect(said("proxy", {})[0]?.[2]).toMatch(/^write `proxyProtocol: true` if/);
    expect(said("proxy", { proxyProtocol: true })).toEqual([]);
  });

  it("is given where a firewall narrows the whole address", () => {
    const raw = config({ relay: { firewall: true }, homes: [home({ transport: "gre6" })] });
    expect(parseSpec(raw).warnings).toMatchObject([
      { key: "services[0]", problem: expect.stringContaining("TCP, UDP, ICMP, GRE and ESP") },
    ]);
  });

  it("is given when an own server's whole address goes home", () => {
    const { warnings } = parseSpec(own({}, { to: "10.0.0.1" }));
    expect(warnings.map(({ key }) => key)).toEqual(["services[0]"]);
    expect(warnings[0]?.cure).toMatch(/`port`/);
  });
});

/** The base64 of a key's length-prefixed fields. */
function blob(...fields: string[]): string {
  const parts = fields.flatMap((field) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(field.length);
    return [length, Buffer.from(field, "latin1")];
  });
  return Buffer.concat(parts).toString("base64");
}
