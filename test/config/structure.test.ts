import { describe, expect, it } from "vitest";
import { config, faultsOf, HOST_KEY, home, manualHome, serving } from "./examples.ts";

interface Example {
  config: unknown;
  key: string;
  value?: unknown;
  problem: RegExp;
  cure: RegExp;
}

const examples: Record<string, Example> = {
  "unknown key, mistyped": {
    config: config({ relay: { locaton: "fsn1" } }),
    key: "relay.locaton",
    value: "fsn1",
    problem: /unknown key/,
    cure: /write `location`/,
  },
  "unknown key, shortened": {
    config: serving({ port: 1, to: "192.168.1.2", proto: "udp" }),
    key: "services[0].proto",
    value: "udp",
    problem: /unknown key/,
    cure: /write `protocol`/,
  },
  "unknown key at the top": {
    config: config({ service: [] }),
    key: "service",
    value: [],
    problem: /unknown key/,
    cure: /write `services`/,
  },
  "unknown key, like no other": {
    config: config({ homes: [home({ colour: "red" })] }),
    key: "homes[0].colour",
    value: "red",
    problem: /unknown key/,
    cure: /leave it out; known here: end, name/,
  },
  "key of another provider": {
    config: config({ relay: { provider: "hcloud", host: "relay.example.org" } }),
    key: "relay.host",
    value: "relay.example.org",
    problem: /not known beside this `provider`/,
    cure: /change `provider`/,
  },
  "key of another end": {
    config: config({ homes: [manualHome({ ssh: {} })] }),
    key: "homes[0].ssh",
    value: {},
    problem: /not known beside this `end`/,
    cure: /change `end`/,
  },
  "nothing at all": {
    config: null,
    key: "config",
    value: null,
    problem: /is nothing; a group of keys is wanted/,
    cure: /relay, homes, services/,
  },
  "homes missing": {
    config: { services: [{ to: "192.168.1.2" }] },
    key: "homes",
    problem: /is missing/,
    cure: /homes: \[\{name: haus/,
  },
  "no homes": {
    config: config({ homes: [] }),
    key: "homes",
    value: [],
    problem: /empty list/,
    cure: /homes: \[\{name: haus/,
  },
  "no services": {
    config: config({ services: [] }),
    key: "services",
    value: [],
    problem: /empty list/,
    cure: /services: \[\{to: /,
  },
  "too many homes": {
    config: config({
      homes: Array.from({ length: 201 }, (_, n) =>
        manualHome({ name: `h${n}`, prefix: `2a02:8106:1:${n.toString(16)}::/64` }),
      ),
      services: [{ to: "192.168.1.2", home: "h1" }],
    }),
    key: "homes",
    problem: /are 201, and a relay holds 200/,
    cure: /several relays/,
  },
  "text for a number": {
    config: serving({ port: "443", to: "192.168.1.2" }),
    key: "services[0].port",
    value: "443",
    problem: /is text; a number is wanted/,
    cure: /`port: 443`/,
  },
  "number for a range": {
    config: serving({ ports: 443, to: "192.168.1.2" }),
    key: "services[0].ports",
    value: 443,
    problem: /is a number; text is wanted/,
    cure: /FIRST-LAST/,
  },
  "fraction for a port": {
    config: serving({ port: 1.5, to: "192.168.1.2" }),
    key: "services[0].port",
    value: 1.5,
    problem: /fraction; a whole number is wanted/,
    cure: /`port: 443`/,
  },
  "group for a list": {
    config: config({ services: { to: "192.168.1.2" } }),
    key: "services",
    value: { to: "192.168.1.2" },
    problem: /is a group of keys; a list is wanted/,
    cure: /services: \[/,
  },
  "text for true": {
    config: config({ relay: { keepAddress: "yes" } }),
    key: "relay.keepAddress",
    value: "yes",
    problem: /is text; true or false is wanted/,
    cure: /keepAddress: false/,
  },
  "port 0": {
    config: serving({ port: 0, to: "192.168.1.2" }),
    key: "services[0].port",
    value: 0,
    problem: /out of range/,
    cure: /1 to 65535/,
  },
  "port 65536": {
    config: serving({ port: 65536, to: "192.168.1.2" }),
    key: "services[0].port",
    value: 65536,
    problem: /out of range/,
    cure: /1 to 65535/,
  },
  "unknown protocol": {
    config: serving({ port: 1, protocol: "TCP", to: "192.168.1.2" }),
    key: "services[0].protocol",
    value: "TCP",
    problem: /none of tcp, udp, both/,
    cure: /write tcp/,
  },
  "unknown provider": {
    config: config({ relay: { provider: "hcluod" } }),
    key: "relay.provider",
    value: "hcluod",
    problem: /none of hcloud, existing/,
    cure: /write hcloud/,
  },
  "end missing": {
    config: config({ homes: [home({ end: undefined })] }),
    key: "homes[0].end",
    problem: /is missing/,
    cure: /openwrt, debian, manual/,
  },
  "unknown transport": {
    config: config({ homes: [home({ transport: "gre" })] }),
    key: "homes[0].transport",
    value: "gre",
    problem: /none of ipip6, gre6/,
    cure: /write/,
  },
  "host key missing": {
    config: config({ homes: [home({ ssh: { host: "192.168.1.1" } })] }),
    key: "homes[0].ssh.hostKey",
    problem: /is missing/,
    cure: /ssh-keyscan/,
  },
  "own server without host key": {
    config: config({ relay: { provider: "existing", host: "relay.example.org" } }),
    key: "relay.hostKey",
    problem: /is missing/,
    cure: /ssh-keyscan/,
  },
  "SSH missing": {
    config: config({ homes: [home({ ssh: undefined })] }),
    key: "homes[0].ssh",
    problem: /is missing/,
    cure: /how to log in/,
  },
  "manual without prefix": {
    config: config({ homes: [manualHome({ prefix: undefined })] }),
    key: "homes[0].prefix",
    problem: /is missing/,
    cure: /no machine to ask/,
  },
  "home's name with a shell in it": {
    config: config({ homes: [home({ name: "$(reboot)'\"" })] }),
    key: "homes[0].name",
    value: "$(reboot)'\"",
    problem: /lower-case letter/,
    cure: /name: haus/,
  },
  "service's name with a shell in it": {
    config: serving({ to: "192.168.1.2", name: "$(reboot)'\"" }),
    key: "services[0].name",
    value: "$(reboot)'\"",
    problem: /letters, digits/,
    cure: /name: web/,
  },
  "user with an option in it": {
    config: config({
      homes: [home({ ssh: { host: "router", hostKey: HOST_KEY, user: "-oProxyCommand=x" } })],
    }),
    key: "homes[0].ssh.user",
    value: "-oProxyCommand=x",
    problem: /no.* user name/,
    cure: /user: root/,
  },
  "server type with a shell in it": {
    config: config({ relay: { serverType: "cx22; reboot" } }),
    key: "relay.serverType",
    value: "cx22; reboot",
    problem: /not a name/,
    cure: /cheapest/,
  },
  "LAN device with a shell in it": {
    config: config({ homes: [home({ lan: { prefix: "192.168.1.0/24", device: "$(reboot)" } })] }),
    key: "homes[0].lan.device",
    value: "$(reboot)",
    problem: /network device/,
    cure: /br-lan/,
  },
  "LAN without device": {
    config: config({ homes: [home({ lan: { prefix: "192.168.1.0/24" } })] }),
    key: "homes[0].lan.device",
    problem: /is missing/,
    cure: /br-lan/,
  },
  "LAN as a word": {
    config: config({ homes: [home({ lan: "192.168.1.0/24" })] }),
    key: "homes[0].lan",
    value: "192.168.1.0/24",
    problem: /means nothing here/,
    cure: /lan: \{prefix/,
  },
};

describe("a fault of structure", () => {
  it.each(Object.entries(examples))("%s", (_title, example) => {
    const faults = faultsOf(example.config);
    expect(faults).toHaveLength(1);
    expect(faults[0]?.key).toBe(example.key);
    expect(faults[0]?.value).toEqual(example.value);
    expect(faults[0]?.problem).toMatch(example.problem);
    expect(faults[0]?.cure).toMatch(example.cure);
  });
});
