import {
  isProcess,
  type Outer,
  type TransportKind,
  type TunnelKind,
  type TunnelTransport,
  tunnelKinds,
  tunnelTransports,
} from "./index.ts";

/** A tunnel as `transport: auto` can choose it. */
export interface Choice {
  readonly transport: TunnelKind;
  /** Which of the relay's addresses the home dials; only where there are several ways. */
  readonly over?: "ipv6" | "ipv4" | undefined;
}

/** What `transport: auto` tries, the fastest first. */
export const candidates: readonly Choice[] = tunnelKinds.flatMap((transport): Choice[] => {
  const { overs }: TunnelTransport = tunnelTransports[transport];
  return overs === undefined ? [{ transport }] : overs.map((over) => ({ transport, over }));
});

/** What of a home's config says how its outer packets are told. */
export interface Told {
  readonly transport?: TransportKind | "auto" | readonly (TunnelKind | undefined)[] | undefined;
  readonly wireguard?: { readonly over?: Choice["over"]; readonly port?: number | undefined } | undefined;
}

/**
 * How a home's outer packets are told: of each of its paths; with `auto`, each way that may be chosen; without a
 * tunnel, none.
 *
 * @param index place of the home in the config, from 0
 */
export function outersOf({ transport = "ipip6", wireguard = {} }: Told, index: number): Outer[] {
  const { over: written, port } = wireguard;
  const kinds = typeof transport === "string" ? [transport] : transport;
  const choices = kinds.flatMap((kind): readonly Choice[] => {
    if (kind === "auto") return candidates;
    return kind === undefined || isProcess(kind) ? [] : [{ transport: kind, over: written }];
  });
  return choices.map((choice) => {
    const over = choice.over ?? "ipv6";
    return tunnelTransports[choice.transport].outer(
      { wireguard: port === undefined ? { over } : { over, port } },
      index,
    );
  });
}

/**
 * How a home's outer packets may be told, whatever tunnel comes to be chosen or probed; nothing where no tunnel leads to it.
 *
 * @param index place of the home in the config, from 0
 */
export function possibleOuters(home: Told, index: number): Outer[] {
  if (outersOf(home, index).length === 0) return [];
  return outersOf({ ...home, transport: "auto" }, index).flatMap((outer) => [outer, onOtherPort(outer)]);
}

/** Added to a UDP port that the tunnel in use has: more than there can be homes. */
const otherPort = 200;

/** How a probe's outer packets are told, where the tunnel in use has the port. */
export function onOtherPort(outer: Outer): Outer {
  if (outer.protocol !== "udp") return outer;
  const port = outer.port + otherPort <= 65535 ? outer.port + otherPort : outer.port - otherPort;
  return { ...outer, port };
}

/** In words for people: `ipip6`, `wireguard over IPv4`. */
export function choiceName({ transport, over }: Choice): string {
  if (over === undefined) return transport;
  return `${transport} over ${over === "ipv4" ? "IPv4" : "IPv6"}`;
}

/** What a firewall has to let pass, in words for people. */
export function outerWords(outer: Outer): string {
  if (outer.protocol === "udp") return `UDP port ${outer.port}`;
  const ofIpv6 = outer.ofIpv6 === undefined ? "" : `, and ${outer.ofIpv6} (IPv6 in IPv6)`;
  return `IPv6 next header ${outer.protocol} (${outer.protocol === "4" ? "IPv4 in IPv6" : "GRE"})${ofIpv6}`;
}

/** As the config says it, for who wants to fix it: `transport: wireguard`, `wireguard: {over: ipv4}`. */
export function choiceConfig({ transport, over }: Choice): string {
  return `transport: ${transport}${over === "ipv4" ? `, ${transport}: {over: ipv4}` : ""}`;
}

/** Whether two choices are one. */
export function isSameChoice(a: Choice, b: Choice): boolean {
  return a.transport === b.transport && a.over === b.over;
}
