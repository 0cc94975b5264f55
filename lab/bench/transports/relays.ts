/**
 * The relays of the transports, from a config to the files of both ends, as `up` makes them.
 */
import { generateKeyPairSync } from "node:crypto";
import { parseSpec } from "../../../src/config/index.ts";
import { assumeHome, type Facts } from "../../../src/facts/index.ts";
import { plan } from "../../../src/plan/index.ts";
import { type Bundle, render } from "../../../src/render/index.ts";
import { isProcess, type TransportKind } from "../../../src/transports/index.ts";
import { filesOf } from "../../guest/bundle.ts";
import { HOST_KEY } from "../../guest/host-key.ts";
import type { MachineFile } from "../../machine/initrd.ts";
import type { Place } from "./ways.ts";

/** Both ends of a relay with one home. */
export interface Ends {
  readonly relay: Bundle;
  /** Absent where the transport has nothing at home. */
  readonly home?: Bundle;
  readonly tunnel?: { readonly device: string; readonly mtu: number; readonly homeEndpoint?: string };
}

/** What a config says of the way to its home. */
export interface Transported {
  readonly transport: TransportKind;
  /** Of WireGuard. @default "ipv6" */
  readonly over?: "ipv4";
}

/** The ends of a relay whose public port leads to the server of this place. */
export function endsOf(
  { transport, over }: Transported,
  place: Pick<Place, "publicIpv4" | "relayPrefix" | "homePrefix" | "server" | "serverIpv6">,
  port: number,
): Ends {
  const endless = isProcess(transport);
  const name = "home1";
  const { spec } = parseSpec({
    homes: [
      endless
        ? { name, end: "none", transport }
        : {
            name,
            end: "openwrt",
            transport,
            ...(over ? { wireguard: { over } } : {}),
            ssh: { host: "192.168.1.1", hostKey: HOST_KEY },
            prefix: place.homePrefix,
          },
    ],
    services: [
      {
        port,
        protocol: transport === "proxy" ? "tcp" : "both",
        to: endless ? place.serverIpv6 : place.server,
        home: name,
      },
    ],
  });
  const homes = spec.homes.flatMap((home) =>
    home.end === "none" ? [] : [[home.name, assumeHome(home, place.homePrefix)] as const],
  );
  const facts: Facts = {
    relay: { ipv4: place.publicIpv4, prefix: place.relayPrefix, mtu: 1500 },
    homes: Object.fromEntries(homes),
  };
  const planned = plan(spec, facts);
  const bundles = render(planned);
  const relay = bundles.find(({ end }) => end === "relay");
  if (relay === undefined) throw new Error("The config has no relay.");
  const home = bundles.find(({ end }) => end !== "relay");
  const [tunnel] = planned.relay.tunnels;
  return {
    relay,
    ...(home ? { home } : {}),
    ...(tunnel
      ? {
          tunnel: {
            device: tunnel.device,
            mtu: tunnel.mtu,
            ...("homeEndpoint" in tunnel ? { homeEndpoint: tunnel.homeEndpoint } : {}),
          },
        }
      : {}),
  };
}

/** Files of each end, its root in a folder of a guest: what `up` puts there, and what the ends tell each other. */
export function filesOfEnds(
  ends: Ends,
  folder: string,
): Record<"relay" | "home", Record<string, MachineFile>> {
  const pairs = { relay: wireguardKeys(), home: wireguardKeys() };
  const keyed = ends.relay.keys.includes("wireguard");
  const states = { relay: "/var/lib/relay4in6", home: "/etc/relay4in6" };
  const keyFiles = (own: "relay" | "home", other: "relay" | "home") => ({
    [`${folder}/${own}${states[own]}/keys/wireguard`]: { text: `${pairs[own].secret}\n`, mode: 0o600 },
    [`${folder}/${own}${states[own]}/peer-${ends.tunnel?.device}`]: { text: `${pairs[other].public}\n` },
  });
  return {
    relay: { ...filesOf(ends.relay, `${folder}/relay`), ...(keyed ? keyFiles("relay", "home") : {}) },
    home: ends.home
      ? { ...filesOf(ends.home, `${folder}/home`), ...(keyed ? keyFiles("home", "relay") : {}) }
      : {},
  };
}

/** A new key pair in WireGuard's notation: base64 of the 32 bytes of X25519 (RFC 7748, 5). */
export function wireguardKeys(): { readonly secret: string; readonly public: string } {
  const { d, x } = generateKeyPairSync("x25519").privateKey.export({ format: "jwk" });
  const base64 = (text = "") => Buffer.from(text, "base64url").toString("base64");
  return { secret: base64(d), public: base64(x) };
}
