import { HOST_KEY } from "../config/examples.ts";

/** The shortest useful stack file. */
export const shortest = `config:
  hcloud:token: {secure: AAABAEx}
  relay4in6:homes:
    - name: haus
      end: openwrt
      ssh: {host: 192.168.1.1, hostKey: "${HOST_KEY}"}
  relay4in6:services:
    - to: 192.168.1.210
`;

/** The options that go with it; these addresses are text only, nothing is sent to them. */
export const shortestOptions = [
  ...["--relay-ipv4", "231.201.224.144"],
  ...["--relay-prefix", "54a0:6231:d015:6ef9::/64"],
  ...["--home-prefix", "2e5b:9a11:b0a8:fdd2::/64"],
];

/** Every kind of end and of service, without the namespace. */
export const mixed = `relay: {provider: existing, host: relay.example.org, port: 2222, hostKey: "${HOST_KEY}"}
homes:
  - {name: hof, end: manual, prefix: "2001:db8:2::/64"}
  - {name: werk, end: debian, ssh: {host: 192.168.3.3, hostKey: "${HOST_KEY}"}}
  - {name: haus, end: openwrt, ssh: {host: 192.168.1.1, hostKey: "${HOST_KEY}"}}
services:
  - {to: 192.168.3.3, home: werk}
  - {port: 443, to: 192.168.178.20, home: hof, egress: relay, name: Büro}
  - {port: 8080, to: "192.168.178.21:80", home: hof}
  - {ports: 50000-50100, protocol: both, to: 192.168.178.21, home: hof}
  - {port: 51820, protocol: udp, to: 192.168.1.20, home: haus}
`;

/** The options that go with it. */
export const mixedOptions = [
  ...["--relay-ipv4", "203.0.113.10"],
  ...["--relay-prefix", "2001:db8:1::/64"],
  ...["--home-prefix", "werk=2001:db8:3::/64"],
  ...["--home-prefix", "haus=2001:db8:4:8::/62"],
];
