import { Address4, Address6, AddressError } from "ip-address";
import type { Ipv4, Ipv4Prefix, Ipv6, Ipv6Prefix } from "./spec.ts";

/** Why a text is no prefix of the wanted kind; `network` is the nearest right one where there is one. */
export interface PrefixProblem {
  problem: string;
  network?: string;
}

/** The address in its normal form, or undefined: leading zeros, short forms and lengths are no address. */
export function ipv4(text: string): Ipv4 | undefined {
  return /^[0-9.]+$/.test(text) ? (correctForm(Address4, text) as Ipv4 | undefined) : undefined;
}

/** The address as RFC 5952 writes it, or undefined; zones and lengths are no part of an address. */
export function ipv6(text: string): Ipv6 | undefined {
  return /^[0-9A-Fa-f:.]+$/.test(text) ? (correctForm(Address6, text) as Ipv6 | undefined) : undefined;
}

/** The constructors throw for what is no address: to ask isValid first would parse twice. */
function correctForm(Address: typeof Address4 | typeof Address6, text: string): string | undefined {
  try {
    return new Address(text).correctForm();
  } catch (error) {
    if (error instanceof AddressError) return undefined;
    throw error;
  }
}

/** A LAN's prefix without host bits. */
export function ipv4Prefix(text: string): Ipv4Prefix | PrefixProblem {
  const [address = "", length = ""] = text.split("/");
  if (text.split("/").length !== 2 || !/^(0|[1-9][0-9]?)$/.test(length) || !ipv4(address)) {
    return { problem: "is no IPv4 prefix" };
  }
  if (Number(length) < 8 || Number(length) > 32) return { problem: "is no LAN: its length is not /8 to /32" };
  const network = `${new Address4(text).startAddress().correctForm()}/${length}`;
  if (network !== `${ipv4(address)}/${length}`) {
    return { problem: `has host bits set after /${length}`, network };
  }
  return network as Ipv4Prefix;
}

/** A home's prefix: /32 to /64 and without host bits. */
export function ipv6Prefix(text: string): Ipv6Prefix | PrefixProblem {
  const [address = "", length = ""] = text.split("/");
  if (text.split("/").length > 2 || !ipv6(address)) return { problem: "is no IPv6 prefix" };
  if (text === address) return { problem: "is an address without a length", network: network6(address, 64) };
  if (!/^(0|[1-9][0-9]{0,2})$/.test(length) || Number(length) > 128) return { problem: "is no IPv6 prefix" };
  if (Number(length) > 64) {
    return {
      problem: "is longer than /64: the endpoint needs the last 64 bits",
      network: network6(address, 64),
    };
  }
  if (Number(length) < 32) return { problem: `is no home's: /${length} is more than an ISP gives to a home` };
  const network = network6(address, Number(length));
  if (network !== `${ipv6(address)}/${length}`) {
    return { problem: `has host bits set after /${length}`, network };
  }
  return network as Ipv6Prefix;
}

function network6(address: string, length: number): string {
  return `${new Address6(`${address}/${length}`).startAddress().correctForm()}/${length}`;
}

/** The /64 that the endpoint of a prefix is in: the first one. */
export function endpointNetwork(prefix: string): string {
  return network6(prefix.split("/")[0] ?? "", 64);
}

/** Is the address in the prefix? Host bits of the prefix do not matter. */
export function inIpv4Prefix(address: Ipv4, prefix: string): boolean {
  return new Address4(address).isInSubnet(new Address4(prefix));
}

/** Is the address the network's own, or its broadcast address? /31 and /32 have neither (RFC 3021). */
export function isNetworkOrBroadcast(address: Ipv4, prefix: string): boolean {
  const network = new Address4(prefix);
  if (network.subnetMask > 30) return false;
  return [network.startAddress(), network.endAddress()].some((edge) => edge.correctForm() === address);
}

/** IPv4 ranges that are no unicast address of a server (RFC 6890). */
const NO_UNICAST = [
  ["0.0.0.0/8", 'an address of "this network"'],
  ["127.0.0.0/8", "a loopback address"],
  ["169.254.0.0/16", "a link-local address"],
  ["224.0.0.0/4", "a multicast address"],
  ["255.255.255.255/32", "the broadcast address"],
  ["240.0.0.0/4", "a reserved address"],
].map(([range = "", kind]) => ({ range: new Address4(range), kind }));

/** What kind of non-unicast address it is, or undefined for a unicast one. */
export function noUnicast(address: Ipv4): string | undefined {
  const parsed = new Address4(address);
  return NO_UNICAST.find(({ range }) => parsed.isInSubnet(range))?.kind;
}

const UNUSABLE: [string, string][] = [
  ["::/8", "reserved addresses (loopback, mapped, NAT64)"],
  ["fc00::/7", "unique local addresses (ULA)"],
  ["fe80::/10", "link-local addresses"],
  ["fec0::/10", "site-local addresses"],
  ["ff00::/8", "multicast addresses"],
];

/** What an IPv6 prefix is for instead, when no packet from the internet can reach it; else undefined. */
export function unroutable(prefix: string): string | undefined {
  return UNUSABLE.find(([range]) => within6(prefix, range))?.[1];
}

/** Why a usable prefix is unlikely on the internet of today; undefined for a likely one. */
export function unlikely(prefix: string): string | undefined {
  if (["2001:db8::/32", "3fff::/20"].some((range) => within6(prefix, range))) {
    return "is a prefix for documentation";
  }
  return within6(prefix, "2000::/3")
    ? undefined
    : "is outside 2000::/3, the addresses in use on the internet";
}

function within6(prefix: string, range: string): boolean {
  return new Address6(prefix.split("/")[0] ?? "").isInSubnet(new Address6(range));
}
