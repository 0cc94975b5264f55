import { rangeText } from "../config/ports.ts";
import type { PortRange, PortService, Protocol, RelayedService, Service, Spec } from "../config/spec.ts";
import { isProcess, type ProcessTransport, processTransports } from "../transports/index.ts";
import type { Admission, Limit, PortEntry, PortMaps, Tunnel } from "./types.ts";

/**
 * One protocol's ports as maps, so that a new connection costs the same with one service and with thousands.
 *
 * @param tunnels the tunnels by the home's name
 */
export function portMaps(
  protocol: Protocol,
  { homes, services }: Pick<Spec, "homes" | "services">,
  tunnels: ReadonlyMap<string, Tunnel>,
): PortMaps {
  const own = services.filter(
    (service): service is PortService => service.kind === "ports" && service.protocols.includes(protocol),
  );
  const byPort = (a: PortService | RelayedService, b: PortService | RelayedService) =>
    a.ports.first - b.ports.first;
  const sorted = own.toSorted(byPort);
  const entry = (service: PortService | RelayedService, value: string): PortEntry => ({
    ports: rangeText(service.ports),
    value,
  });
  return {
    marks: sorted.map((service) => entry(service, tunnelOf(service, tunnels).marks.into.value)),
    servers: sorted
      .filter((service) => service.toPort === undefined)
      .map((service) => entry(service, service.to)),
    translated: sorted
      .filter((service) => service.toPort !== undefined)
      .map((service) => entry(service, `${service.to} . ${service.toPort}`)),
    // A limit counts before it matters who takes the port: a tunnel's server or a process here.
    limits: services
      .filter((service) => service.kind !== "whole-address")
      .filter((service) => service.protocols.includes(protocol))
      .toSorted(byPort)
      .flatMap((service) => {
        const limit = limitOf(service, protocol, homes);
        return limit === undefined ? [] : [entry(service, limit.name)];
      }),
  };
}

/** The server of all that no port claims, if there is one. */
export function wholeAddress(services: readonly Service[], tunnels: ReadonlyMap<string, Tunnel>) {
  const service = services.find((candidate) => candidate.kind === "whole-address");
  if (service === undefined) return undefined;
  const tunnel = tunnelOf(service, tunnels);
  return {
    to: service.to,
    mark: tunnel.marks.into.value,
    device: tunnel.device,
    ...(service.rate === undefined ? {} : { limit: limitName(service) }),
  };
}

/** The services' rates: a service of several ports or protocols has one for all of them. */
export function limits({ homes, services }: Pick<Spec, "homes" | "services">): Limit[] {
  const all = services.flatMap((service) => {
    const protocols = service.kind === "whole-address" ? [undefined] : service.protocols;
    return protocols.flatMap((protocol) => limitOf(service, protocol, homes) ?? []);
  });
  return [...new Map(all.map((limit) => [limit.name, limit])).values()].toSorted((a, b) =>
    a.name < b.name ? -1 : 1,
  );
}

/** What a service's new connections of one protocol have to pass, if there is anything. */
function limitOf(service: Service, protocol: Protocol | undefined, homes: Spec["homes"]): Limit | undefined {
  const { rate } = service;
  const transport = homes.find(({ name }) => name === service.home)?.transport;
  const { mostNewUdpClients: most }: Partial<ProcessTransport> = isProcess(transport)
    ? processTransports[transport]
    : {};
  // One after the other, not several at once.
  if (service.kind === "relayed" && protocol === "udp" && most !== undefined)
    return { name: `udp_${service.ports.first}_clients`, rate: Math.min(rate ?? most, most), burst: 1 };
  // A browser opens several connections at once: twice the rate is no flood yet.
  return rate === undefined ? undefined : { name: limitName(service), rate, burst: 2 * rate };
}

/** No two services have a port of one protocol, and one at most is the rest. */
export function limitName(service: Service): string {
  return service.kind === "whole-address" ? "whole" : `${service.protocols.join("_")}_${service.ports.first}`;
}

/** What a home's firewall lets in from the tunnel: each server with its ports as it sees them. */
export function admissions(home: string, services: readonly Service[]): Admission[] {
  const own = services.filter((service) => service.home === home);
  const everything = new Set(
    own.filter((service) => service.kind === "whole-address").map((service) => service.to),
  );
  const byServer = Map.groupBy(
    own.filter((service): service is PortService => service.kind === "ports" && !everything.has(service.to)),
    (service) => service.to,
  );
  // In the servers' order, not in the config's: there, lines may change places without a change on any machine.
  const single = [...byServer.keys()].toSorted().flatMap((to) =>
    (["tcp", "udp"] as const).flatMap((protocol) => {
      const ports = byServer.get(to) ?? [];
      const admitted = ports.filter((service) => service.protocols.includes(protocol)).map(portsAtServer);
      return admitted.length === 0 ? [] : [{ to, protocol, ports: merged(admitted).map(rangeText) }];
    }),
  );
  return [...single, ...[...everything].toSorted().map((to) => ({ to }))];
}

export function portsAtServer(service: PortService): PortRange {
  return service.toPort === undefined ? service.ports : { first: service.toPort, last: service.toPort };
}

/** Sorted, no port twice: two public ports may lead to one port of a server. */
export function merged(ranges: readonly PortRange[]): PortRange[] {
  const result: PortRange[] = [];
  for (const range of ranges.toSorted((a, b) => a.first - b.first)) {
    const before = result.at(-1);
    if (before === undefined || range.first > before.last) result.push(range);
    else result[result.length - 1] = { first: before.first, last: Math.max(before.last, range.last) };
  }
  return result;
}

function tunnelOf(service: Service, tunnels: ReadonlyMap<string, Tunnel>): Tunnel {
  const tunnel = tunnels.get(service.home);
  if (tunnel === undefined) throw new Error(`no tunnel to home ${service.home}`);
  return tunnel;
}
