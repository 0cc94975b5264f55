import { rangeText } from "../config/ports.ts";
import type { PortRange, PortService, Protocol, Service } from "../config/spec.ts";
import { limitName, merged, portsAtServer } from "./services.ts";
import type { Ipv6Limits } from "./types.ts";

type Limited = PortRange & { readonly rate: number; readonly limit: string };

/**
 * How many new connections a server takes over IPv6: by its own ports, as nothing is translated there. Where several public
 * ports lead to one of a server's, the least of their rates counts.
 */
export function ipv6Limits(server: string, home: string, services: readonly Service[]): Ipv6Limits {
  const own = services.filter((service) => service.home === home && service.to === server);
  const ports = own.filter((service): service is PortService => service.kind === "ports");
  const whole = own.find((service) => service.kind === "whole-address");
  const of = (protocol: Protocol) => ports.filter((service) => service.protocols.includes(protocol));
  const protocols = ["tcp", "udp"] as const;
  return {
    ports: protocols.flatMap((protocol) =>
      leastOf(of(protocol).flatMap(limited)).map((range) => {
        return { protocol, ports: rangeText(range), limit: range.limit };
      }),
    ),
    ...(whole?.rate === undefined
      ? {}
      : {
          everythingElse: limitName(whole),
          claimed: protocols.flatMap((protocol) =>
            merged(of(protocol).map(portsAtServer)).map((range) => ({ protocol, ports: rangeText(range) })),
          ),
        }),
  };
}

function limited(service: PortService): Limited[] {
  const { rate } = service;
  return rate === undefined ? [] : [{ ...portsAtServer(service), rate, limit: limitName(service) }];
}

/** Of ranges that meet, no port twice. */
function leastOf(ranges: readonly Limited[]): Limited[] {
  const starts = [...new Set(ranges.flatMap(({ first, last }) => [first, last + 1]))].toSorted(
    (a, b) => a - b,
  );
  return starts.flatMap((first, index) => {
    const [least] = ranges
      .filter((range) => range.first <= first && first <= range.last)
      .toSorted((a, b) => a.rate - b.rate);
    return least === undefined ? [] : [{ ...least, first, last: (starts[index + 1] ?? first + 1) - 1 }];
  });
}
