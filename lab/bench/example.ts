/**
 * Relays of invented size, from a user's config to the files of each end, as `up` makes them.
 */
import { endedHomes, parseSpec, type Spec } from "../../src/config/index.ts";
import { assumeHome, type Facts } from "../../src/facts/index.ts";
import { plan } from "../../src/plan/index.ts";
import { type Bundle, render } from "../../src/render/index.ts";
import { HOST_KEY } from "../guest/host-key.ts";

/** Addresses of the example, all from ranges for documentation. */
export const EXAMPLE = {
  publicIpv4: "203.0.113.10",
  relayPrefix: "2001:db8:1::/64",
  homePrefix: (index: number) => `2001:db8:2:${index.toString(16)}::/64`,
  client: "198.51.100.2",
  server: "192.168.1.210",
} as const;

/** Public port of the first service; the others follow. */
export const FIRST_PORT = 10_001;

/** A config with so many homes and services; service i goes to home i modulo the number of homes. */
export function exampleConfig(homes: number, services: number): unknown {
  const name = (index: number) => `home${index + 1}`;
  return {
    homes: Array.from({ length: homes }, (_, index) => ({
      name: name(index),
      end: "openwrt",
      ssh: { host: "192.168.1.1", hostKey: HOST_KEY },
      prefix: EXAMPLE.homePrefix(index),
    })),
    services: Array.from({ length: services }, (_, index) => ({
      port: FIRST_PORT + index,
      protocol: "both",
      to: EXAMPLE.server,
      home: name(index % homes),
    })),
  };
}

/** What is known of the ends of such a relay. */
export function exampleFacts(spec: Spec): Facts {
  return {
    relay: { ipv4: EXAMPLE.publicIpv4, prefix: EXAMPLE.relayPrefix, mtu: 1500 },
    homes: Object.fromEntries(
      endedHomes(spec).map((home, index) => [home.name, assumeHome(home, EXAMPLE.homePrefix(index))]),
    ),
  };
}

/** Every end's files of such a relay. */
export function exampleBundles(homes: number, services: number): Bundle[] {
  const { spec } = parseSpec(exampleConfig(homes, services));
  return render(plan(spec, exampleFacts(spec)));
}
