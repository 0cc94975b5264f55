/** The kinds of machine that a tunnel ends on, by what they install with. */
export type EndSystem = "relay" | "debian" | "openwrt";

/** What a service asks of a transport: to carry a protocol's ports, or every protocol. */
export type Carried = "tcp" | "udp" | "whole-address";

/**
 * How a transport's outer packets are told from others, for every filter that they pass: an IPv6 next header
 * (IANA's protocol numbers), or a UDP port of the relay's.
 */
export type Outer =
  | {
      readonly protocol: "4" | "47";
      /** The next header of IPv6 packets that cross, where that is another one. */
      readonly ofIpv6?: "41";
    }
  | {
      readonly protocol: "udp";
      /** The relay's port. */
      readonly port: number;
      /** Which of the relay's addresses the home dials. */
      readonly over: "ipv6" | "ipv4";
    };

/** What of a home's config a transport may depend on. */
export interface TransportHome {
  /** Whether IPv6 packets cross, too. */
  readonly ipv6?: boolean;
  readonly wireguard?: { readonly over: "ipv6" | "ipv4"; readonly port?: number };
}

/** What a transport puts on an end, so that its link script runs there. */
export interface Needs {
  /** Names in the end's own package manager; beside what every tunnel needs. */
  readonly packages: Readonly<Record<EndSystem, readonly string[]>>;
  /** The kernel module of its device. */
  readonly module: string;
  /** Programs that its link script runs beside `ip`, and the package that has each, by the same name on every end. */
  readonly programs: readonly { readonly program: string; readonly from: string }[];
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
  /** Name of the file in which the relay keeps the home's endpoint, where the tunnel ends at one. */
  readonly endpointName?: string;
  readonly outer: Outer;
  /** Bytes. */
  readonly mtu: number;
  /** Mark of the outer packets that a home sends itself. */
  readonly ownMark: string;
  /** Present where IPv6 packets cross, too. */
  readonly ipv6?: object;
}

/**
 * How the relay knows a home: by its endpoint, which the relay is told and follows, or by its public key, from
 * wherever it dials. Only an endpoint needs a prefix at home.
 */
export type KnownBy = "endpoint" | "key";

interface AnyTransport {
  /** Its name in the config. */
  readonly kind: string;
  /** One line for people. */
  readonly title: string;
  /** What of services it can carry. */
  readonly carries: readonly Carried[];
}

/**
 * A way for IPv4 packets, and IPv6 packets where that is asked for, to cross to a home, as data and pure functions.
 * Everything outside of a transport's folder knows it by this alone.
 */
export interface TunnelTransport<By extends KnownBy = KnownBy> extends AnyTransport {
  /** Bytes that it adds to each packet on the line. */
  overhead(home: TransportHome): number;
  readonly needs: Needs;
  readonly knownBy: By;
  /**
   * Seconds between the packets with which a home keeps open what lies between, and finds out that the relay was
   * started anew.
   */
  readonly keepalive: number;
  /** The relay's addresses that a home can dial, the better first; absent where the ends meet at endpoints (IPv6). */
  readonly overs?: readonly ("ipv6" | "ipv4")[];
  /** @param index place of the home in the config, from 0 */
  outer(home: TransportHome, index: number): Outer;
  /**
   * The template of `link-wrapN`, a POSIX script with the verbs `up` (make the device, or change it to what it
   * should be), `down`, `change` (to the addresses in the state files, the device kept) and `check` (says what is
   * wrong, status 1).
   */
  readonly linkTemplate: URL;
  /** What the template names. */
  linkValues(tunnel: LinkTunnel, end: LinkEnd): object;
  readonly apart: Apart;
}

/** What keeps a tunnel of one kind apart from a home's other one: so each can come and go beside the other. */
export interface Apart {
  /** Of the device's name, after the home's number. */
  readonly suffix: string;
  /** The third octet of a /23 out of 169.254.0.0/16 for the addresses inside; 48 is what a probe uses. */
  readonly network: number;
  /** Of the relay's ip rules: two for each home from here on. */
  readonly firstPriority: number;
  /** Of its default route in the home's table. */
  readonly metric: number;
}

/** A public port, or a range of them, that a process of the relay takes and leads on to a server over IPv6. */
export interface Relayed {
  readonly home: string;
  readonly protocol: "tcp" | "udp";
  /** Public ports, both included. */
  readonly first: number;
  readonly last: number;
  /** The server, without brackets: an IPv6 address, or a name that is asked for while the process runs. */
  readonly server: { readonly address: string } | { readonly name: string };
  /** The server's port, where it differs from the public one; only for a single port. */
  readonly toPort?: number;
  /** Whether the server is told the client's address by the PROXY protocol. */
  readonly proxyProtocol: boolean;
}

/** A server as it is written before a port: an IPv6 address in brackets (RFC 3986, 3.2.2). */
export function hostOf(server: Relayed["server"]): string {
  return "address" in server ? `[${server.address}]` : server.name;
}

/** A file of the relay's, by the template that it is filled from. */
export interface ProcessFile {
  /** Absolute, on the relay. */
  readonly path: string;
  readonly template: URL;
  readonly values: object;
}

/**
 * A process on the relay that takes the clients' connections and makes its own to the homes' servers: there is no
 * tunnel, nothing at home that has to be set up, and the relay is who the server sees.
 */
export interface ProcessTransport extends AnyTransport {
  /** The most ports of one service: undefined where a range costs what a port costs. */
  readonly mostPorts?: number;
  /**
   * New UDP clients a second that a port of it can take, one after the other: undefined where they may come at once.
   */
  readonly mostNewUdpClients?: number;
  /** Whether it can tell a server the client's address by the PROXY protocol. */
  readonly speaksProxyProtocol: boolean;
  /** Debian packages of the relay. */
  readonly packages: readonly string[];
  /** Those of them that bring a service of their own, which is not wanted. */
  readonly idlePackages: readonly string[];
  /**
   * The files of all homes' services.
   *
   * @param publicIpv4 where the process listens
   */
  files(services: readonly Relayed[], publicIpv4: string): readonly ProcessFile[];
}

/** Any way to a home. */
export type Transport = TunnelTransport | ProcessTransport;
