import { ipv4 } from "./addresses.ts";
import type { Ipv4, PortRange, Protocol } from "./spec.ts";

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
