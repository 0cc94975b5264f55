import type { ProcessKind, TunnelKnownBy } from "../transports/index.ts";

/**
 * Spec: what the user wants, after parsing. Defaults are filled in, addresses are normalised, and every
 * check that needs no facts has passed (see parse.ts), so later code asks no such question again.
 */

declare const brand: unique symbol;
type Brand<Name extends string> = string & { readonly [brand]: Name };

/** An IPv4 address in dotted form without leading zeros: `192.168.1.210`. */
export type Ipv4 = Brand<"Ipv4">;
/** An IPv6 address in the form of RFC 5952: `2001:db8:2::1`. */
export type Ipv6 = Brand<"Ipv6">;
/** A host name with a domain, lower case: `server.haus.example`. */
export type HostName = Brand<"HostName">;
/** An IPv4 network with its length and no host bits: `192.168.1.0/24`. */
export type Ipv4Prefix = Brand<"Ipv4Prefix">;
/** An IPv6 network with its length (at most 64, so that an endpoint can be derived) and no host bits. */
export type Ipv6Prefix = Brand<"Ipv6Prefix">;

/** Transport protocols that have ports, as a service can name them. */
export type Protocol = "tcp" | "udp";

/** Whether a server only answers through the tunnel, or also starts its own connections through it. */
export type Egress = "relay" | "replies";

/** Ports from `first` to `last`, both included; a single port has `first === last`. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** How to log in to a machine. */
export interface SshSpec {
  /** Host name, IPv4 or IPv6 address (without brackets, a zone is allowed). */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** The machine's public host key, `TYPE BASE64`, without a comment. */
  readonly hostKey: string;
  /** Path of the private key, as written (`~` is not expanded yet); absent: the SSH agent is asked. */
  readonly key?: string;
}

/** Where the relay's own SSH listens; over IPv4, a whole-address service leaves this port out. */
export interface ManagementSpec {
  readonly port: number;
  readonly over: "ipv6" | "ipv4";
}

/** A relay that is created on Hetzner Cloud. */
export interface HcloudRelaySpec {
  readonly provider: "hcloud";
  readonly location: string;
  /** Name of a server type, or `cheapest`: the cheapest one that the location offers. */
  readonly serverType: string;
  readonly image: string;
  readonly management: ManagementSpec;
  /** Path of the private key whose public half is put on the server, as written. */
  readonly key: string;
  /** When it may reboot for a security update: `HH:MM` in UTC, or `never`. */
  readonly rebootAt: string;
  /** True: destroy keeps the primary IPs. */
  readonly keepAddress: boolean;
  /** True: a firewall of the cloud's stands in front of it. */
  readonly firewall: boolean;
}

/** The user's own Debian server as relay; `ssh.port` and `management.port` are the same. */
export interface ExistingRelaySpec {
  readonly provider: "existing";
  readonly ssh: SshSpec;
  readonly management: ManagementSpec;
}

export type RelaySpec = HcloudRelaySpec | ExistingRelaySpec;

/** A LAN that is given, not asked of the home end. */
export interface LanSpec {
  readonly prefix: Ipv4Prefix;
  readonly device: string;
}

/**
 * How the relay learns of a changed prefix: `self`: the home end tells it; `dns`: it resolves a name; `none`: the
 * prefix never changes.
 */
export type Follow = { readonly by: "self" | "none" } | { readonly by: "dns"; readonly name: string };

/** How a home's WireGuard reaches the relay. */
export interface WireguardSpec {
  readonly over: "ipv6" | "ipv4";
  /** The relay's UDP port; absent: one that the plan chooses. */
  readonly port?: number;
}

interface AnyHome {
  /** `[a-z][a-z0-9-]{0,14}`, unique among the homes; safe in file names and section names. */
  readonly name: string;
  readonly lan: "auto" | LanSpec;
}

/** The relay finds the home at its endpoint, so there is a prefix to derive it from. */
interface AtEndpoint<Prefix = "auto" | Ipv6Prefix> {
  readonly knownBy: "endpoint";
  readonly transport: TunnelKnownBy<"endpoint">;
  readonly prefix: Prefix;
  readonly follow: Follow;
  readonly wireguard?: never;
}

/** The home dials the relay, which knows it by a key wherever it is: it needs no prefix, and none is followed. */
interface Dialling {
  readonly knownBy: "key";
  readonly transport: TunnelKnownBy<"key">;
  readonly prefix?: never;
  readonly follow?: never;
  readonly wireguard?: WireguardSpec;
}

/** How a home that we can log in to is crossed to. */
export type Crossed = AtEndpoint | Dialling;

interface ManagedHome extends AnyHome {
  readonly ssh: SshSpec;
  /** A second path, which takes over while the first one does not answer; one of the two ends at an endpoint, the other dials. */
  readonly spare?: Crossed;
  /** True: its servers get IPv6 addresses out of the relay's network. */
  readonly ipv6?: true;
}

/** The home's OpenWrt router terminates the tunnel. */
export type OpenwrtHomeSpec = ManagedHome & Crossed & { readonly end: "openwrt" };

/** A Debian server in the home terminates the tunnel itself. */
export type DebianHomeSpec = ManagedHome & Crossed & { readonly end: "debian" };

/** Anything else, set up by hand from rendered instructions; nobody can be asked for its prefix. */
export interface ManualHomeSpec extends AnyHome, AtEndpoint<Ipv6Prefix> {
  readonly end: "manual";
}

/** A home that a tunnel leads to. */
export type TunnelHomeSpec = OpenwrtHomeSpec | DebianHomeSpec | ManualHomeSpec;

/** Nothing at home is set up: a process on the relay reaches its servers over IPv6, as any client would. */
export interface EndlessHomeSpec {
  readonly end: "none";
  /** As of any home. */
  readonly name: string;
  readonly transport: ProcessKind;
}

export type HomeSpec = TunnelHomeSpec | EndlessHomeSpec;

/** A home whose tunnel is still to be chosen by what gets through; once it is, it is any other (settle.ts). */
export interface AutoHomeSpec extends ManagedHome {
  readonly end: "openwrt" | "debian";
  readonly transport: "auto";
  readonly prefix: "auto" | Ipv6Prefix;
  readonly follow: Follow;
  /** The port, should WireGuard be chosen. */
  readonly wireguard?: Pick<WireguardSpec, "port">;
}

interface AnyService {
  /** Name of the home that `to` is in: always the name of one of `Spec.homes`. */
  readonly home: string;
  /** New connections a second; absent: any number. */
  readonly rate?: number;
  /** The user's own word for it; letters, digits, blank, `.`, `_`, `-`, at most 30. */
  readonly name?: string;
}

interface TunnelService extends AnyService {
  /** The server, a unicast address. */
  readonly to: Ipv4;
  /**
   * Of this service alone. Routing is by server: a server goes out through the relay when any of its
   * services says `relay`.
   */
  readonly egress: Egress;
}

interface Ports {
  readonly ports: PortRange;
  /** Not empty, tcp first. */
  readonly protocols: readonly Protocol[];
  /** The server's port, where it differs from the public one; only for a single port. */
  readonly toPort?: number;
}

/** A public port or range of ports; no two of them overlap in a protocol. */
export interface PortService extends TunnelService, Ports {
  readonly kind: "ports";
}

/** Every protocol and port that no port service claims; at most one in a Spec. */
export interface WholeAddressService extends TunnelService {
  readonly kind: "whole-address";
}

/** Ports of a home without an end: always and only of such a home. */
export interface RelayedService extends AnyService, Ports {
  readonly kind: "relayed";
  /** The server, without brackets. */
  readonly to: Ipv6 | HostName;
  /** Whether the server is told the client's address by the PROXY protocol, version 2. */
  readonly proxyProtocol: boolean;
}

export type Service = PortService | WholeAddressService | RelayedService;

/** What the user wants, where `transport: auto` may still leave something open. */
export interface OpenSpec extends Omit<Spec, "homes"> {
  readonly homes: readonly (HomeSpec | AutoHomeSpec)[];
}

/** What the user wants; `homes` and `services` keep the order of the config and are not empty. */
export interface Spec {
  readonly relay: RelaySpec;
  readonly homes: readonly HomeSpec[];
  readonly services: readonly Service[];
}
