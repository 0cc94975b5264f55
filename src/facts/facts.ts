import type { Choice } from "../transports/candidates.ts";

/**
 * What the ends are, as far as the plan needs to know it: asked over SSH, known from the cloud, or assumed.
 */
export interface Facts {
  relay: RelayFacts;
  /** By the home's name. */
  homes: Readonly<Record<string, HomeFacts>>;
}

/** What is known of the relay. */
export interface RelayFacts {
  /** The public address, dotted decimal. */
  ipv4: string;
  /** The relay's IPv6 prefix in CIDR notation, /64 or shorter. */
  prefix: string;
  /** MTU of the public line in bytes. */
  mtu: number;
  /** Its public SSH host key, `TYPE BASE64`: the homes that tell it their prefix pin it. */
  hostKey?: string | undefined;
}

/** What is known of a home end. */
export interface HomeFacts {
  /** The prefix that the endpoint is derived from, CIDR notation; absent where the transport needs none. */
  prefix?: string | undefined;
  /** MTU of the home's line in bytes: 1492 on PPPoE. */
  mtu: number;
  lan: {
    /** The home's own IPv4 networks, CIDR notation. */
    prefixes: readonly string[];
    /** The device that carries the endpoint address. */
    device: string;
    /** The firewall zone of the LAN on OpenWrt. */
    zone: string;
  };
  /** OpenWrt's names of the interfaces whose events re-assert the tunnel. */
  interfaces: readonly string[];
  /** The end's own IPv4 addresses; decides what `to` of a Debian home may be. */
  addresses: readonly string[];
  /** What `transport: auto` came to; absent where the config names the transport. */
  chosen?: Choice | undefined;
}
