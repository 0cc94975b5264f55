import { ipv4, ipv6 } from "./addresses.ts";
import type { HostName, Ipv4, Ipv6, PortRange, Protocol } from "./spec.ts";

/** The server of a service as written: `A.B.C.D` or `A.B.C.D:PORT`. */
export interface Target {
  address: Ipv4;
  port?: number;
}

/** Is it a number that a port can have? */
export function isPort(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= 65535;
}

/** Two numbers with a hyphen between, in whatever order and size; undefined for any other text. */
export function portPair(text: string): PortRange | undefined {
  const [, first, last] = /^\s*(\d{1,9})\s*-\s*(\d{1,9})\s*$/.exec(text) ?? [];
  return first === undefined || last === undefined ? undefined : { first: Number(first), last: Number(last) };
}

/** Ports as config, rules and people write them: `443`, `50000-50100`. */
export function rangeText({ first, last }: PortRange): string {
  return first === last ? `${first}` : `${first}-${last}`;
}

/** The same ports in as few ranges as can be, sorted. */
export function joinedRanges(ranges: readonly PortRange[]): PortRange[] {
  const result: PortRange[] = [];
  for (const range of ranges.toSorted((a, b) => a.first - b.first)) {
    const before = result.at(-1);
    if (before === undefined || range.first > before.last + 1) result.push(range);
    else result[result.length - 1] = { first: before.first, last: Math.max(before.last, range.last) };
  }
  return result;
}

/** The public ports of a service when they are right; undefined for the whole address and for faulty ones. */
export function publicPorts(service: { port?: number | undefined; ports?: string | undefined }) {
  if (service.port !== undefined) return { first: service.port, last: service.port };
  const pair = service.ports === undefined ? undefined : portPair(service.ports);
  return pair && isPort(pair.first) && isPort(pair.last) && pair.first <= pair.last ? pair : undefined;
}

/** The protocols that a word of the config stands for; tcp when it is absent. */
export function protocolsOf(word: "tcp" | "udp" | "both" | undefined): Protocol[] {
  return word === "both" ? ["tcp", "udp"] : [word ?? "tcp"];
}

/** The target, or undefined when the text is neither an IPv4 address nor one with a port. */
export function target(text: string): Target | undefined {
  const [, host = "", port] = /^([0-9.]+)(?::(\d{1,5}))?$/.exec(text) ?? [];
  const address = ipv4(host);
  if (!address) return undefined;
  if (port === undefined) return { address };
  return isPort(Number(port)) ? { address, port: Number(port) } : undefined;
}

/** The server of a home without an end, as written: `2001:db8:2::210`, `[2001:db8:2::210]:443`, `NAME`, `NAME:443`. */
export interface RelayedTarget {
  server: Ipv6 | HostName;
  port?: number;
}

/** A host name with a domain (RFC 1123, 2.1), whose last label is no number. */
const NAME = /^(?=.{1,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** The target of a home without an end, or undefined when the text is none. */
export function relayedTarget(text: string): RelayedTarget | undefined {
  const bare = ipv6(text);
  if (bare !== undefined) return { server: bare };
  const [, bracketed, name, port] =
    /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9_.-]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const lower = name?.toLowerCase() ?? "";
  const server =
    bracketed === undefined ? (NAME.test(lower) ? (lower as HostName) : undefined) : ipv6(bracketed);
  if (server === undefined) return undefined;
  if (port === undefined) return { server };
  return isPort(Number(port)) ? { server, port: Number(port) } : undefined;
}
