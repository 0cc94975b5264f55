/**
 * The relay and the homes that packets are sent through: config, facts, and the files that `render` makes of them.
 */
import { endedHomes, parseSpec } from "../../src/config/index.ts";
import type { ConfigInput } from "../../src/config/schema.ts";
import { assumeHome } from "../../src/facts/index.ts";
import { type Plan, plan, subnetOf } from "../../src/plan/index.ts";
import { render } from "../../src/render/index.ts";
import { filesOf } from "../guest/bundle.ts";
import { HOST_KEY } from "../guest/host-key.ts";
import type { MachineFile } from "../machine/initrd.ts";

const SERVER = "192.168.1.210";
const REPLIES = { to: "192.168.1.211", port: 5000 };
const TRANSLATED = { to: "192.168.1.212", port: 8080, toPort: 80 };
/** A Debian home with the LAN address of a server of the other home. */
const ZWEI = { to: SERVER, port: 5001 };

/** Bytes, where a line takes less than is assumed: the second home's dials (PPPoE). */
export const LINE_MTU: Readonly<Record<string, number>> = { zwei: 1492 };
export const RELAY = { ipv4: "203.0.113.10", prefix: "2001:db8:1:1::/64", mtu: 1500 };

export const CONFIG: ConfigInput = {
  homes: [
    {
      name: "haus",
      end: "openwrt",
      ssh: { host: "192.168.1.1", hostKey: HOST_KEY },
      prefix: "2001:db8:b101::/64",
      transport: "ipip6",
    },
    {
      name: "zwei",
      end: "debian",
      ssh: { host: "192.168.1.210", hostKey: HOST_KEY },
      prefix: "2001:db8:b201::/64",
      transport: "ipip6",
      ipv6: true,
    },
  ],
  services: [
    { to: SERVER, home: "haus" },
    { port: REPLIES.port, protocol: "both", to: REPLIES.to, home: "haus" },
    {
      port: TRANSLATED.port,
      protocol: "both",
      to: `${TRANSLATED.to}:${TRANSLATED.toPort}`,
      home: "haus",
    },
    { port: ZWEI.port, protocol: "both", to: ZWEI.to, home: "zwei", egress: "relay" },
  ],
};

/** The plan of the relay and its two homes. */
function networkPlan(): Plan {
  const { spec } = parseSpec(CONFIG);
  const homes = endedHomes(spec).map((home) => {
    const facts = assumeHome(home, home.prefix, [ZWEI.to]);
    return [home.name, { ...facts, mtu: LINE_MTU[home.name] ?? facts.mtu }];
  });
  return plan(spec, { relay: RELAY, homes: Object.fromEntries(homes) });
}

/** Path in the guest → file: each end's files below its own root, and the addresses for the scripts. */
export function networkFiles(): Record<string, MachineFile> {
  const planned = networkPlan();
  const ends = render(planned).map((bundle) => filesOf(bundle, `/places/${bundle.name}`));
  const files: Record<string, MachineFile> = Object.assign({}, ...ends);
  return { ...files, "/packets/addresses": { text: addresses(planned) } };
}

/** As both sh and Python read them. */
function addresses({ relay }: Plan): string {
  const [haus, zwei] = relay.tunnels;
  if (haus?.knownBy !== "endpoint" || zwei?.knownBy !== "endpoint")
    throw new Error("two tunnels to endpoints");
  const [server6] = zwei.ipv6?.servers ?? [];
  if (server6 === undefined) throw new Error("a home with IPv6");
  return Object.entries({
    public: relay.publicIpv4,
    client: "198.51.100.2",
    client6: "2001:db8:0:2::2",
    internet: "2001:db8:0:1::1",
    relay_prefix: RELAY.prefix,
    relay_endpoint: relay.endpoint,
    haus_prefix: subnetOf(haus.homeEndpoint),
    haus_endpoint: haus.homeEndpoint,
    zwei_prefix: subnetOf(zwei.homeEndpoint),
    zwei_endpoint: zwei.homeEndpoint,
    server: SERVER,
    replies: REPLIES.to,
    replies_port: REPLIES.port,
    translated: TRANSLATED.to,
    translated_port: TRANSLATED.port,
    translated_to: TRANSLATED.toPort,
    zwei_server: ZWEI.to,
    zwei_port: ZWEI.port,
    zwei_ipv6: server6.address,
    zwei_mss6: zwei.ipv6?.mss ?? 0,
    zwei_moved: subnetOf(zwei.homeEndpoint).replace("::/64", "::5a5a"),
    relay_inner: haus.inner.relay,
    haus_inner: haus.inner.home,
    mtu: haus.mtu,
    mss: haus.mss,
    zwei_mtu: zwei.mtu,
  })
    .map(([name, value]) => `${name}=${value}\n`)
    .join("");
}
