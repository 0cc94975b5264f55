import type { PortService, WholeAddressService } from "../config/spec.ts";

/** The kinds of machine that a tunnel ends on, by what they install with. */
export type EndSystem = "relay" | "debian" | "openwrt";

/**
 * How a transport's outer packets are told from others, for every filter that they pass: an IPv6 next header
 * (IANA's protocol numbers), or a UDP port of the relay's.
 */
export type Outer =
  | { readonly protocol: "4" | "47" }
  | {
      readonly protocol: "udp";
      /** The relay's port. */
      readonly port: number;
      /** Which of the relay's addresses the home dials. */
      readonly over: "ipv6" | "ipv4";
    };

/** What of a home's config a transport may depend on. */
export interface TransportHome {
  readonly wireguard?: { readonly over: "ipv6" | "ipv4"; readonly port?: number };
}

/** What a transport puts on an end, so that its link script runs there. */
export interface Needs {
  /** Names in the end's own package manager; beside what every tunnel needs. */
  readonly packages: Readonly<Record<EndSystem, readonly string[]>>;
  /** The kernel module of its device. */
  readonly module: string;
}

/** Which of a tunnel's two ends a link script is for, and where that machine writes down its state. */
export interface LinkEnd {
  readonly side: "relay" | "home";
  /** Folder of the state files: the end's endpoint, and on the relay each home's. */
  readonly state: string;
}

/** What a link script is made from: the tunnel, seen from neither side. */
export interface LinkTunnel {
  readonly home: string;
  readonly device: string;
  readonly relayEndpoint: string;
  readonly outer: Outer;
  /** Bytes. */
  readonly mtu: number;
  /** Mark of the outer packets that a home sends itself. */
  readonly ownMark: string;
}

/**
 * A way for IPv4 packets to cross to a home, as data and pure functions. Everything outside of a transport's
 * folder knows it by this alone.
 */
export interface Transport {
  /** Its name in the config. */
  readonly kind: string;
  /** One line for people. */
  readonly title: string;
  /** Bytes that it adds to each packet on the line. */
  overhead(home: TransportHome): number;
  readonly needs: Needs;
  /**
   * How the relay knows the home: by its endpoint, which the relay is told and follows, or by its public key, from
   * wherever it dials.
   */
  readonly knownBy: "endpoint" | "key";
  /** @param index place of the home in the config, from 0 */
  outer(home: TransportHome, index: number): Outer;
  /** Whether it can carry this service. */
  carries(service: PortService | WholeAddressService): boolean;
  /**
   * The template of `link-wrapN`, a POSIX script with the verbs `up` (make the device, or change it to what it
   * should be), `down`, `change` (to the addresses in the state files, the device kept) and `check` (says what is
   * wrong, status 1).
   */
  readonly linkTemplate: URL;
  /** What the template names. */
  linkValues(tunnel: LinkTunnel, end: LinkEnd): object;
}
