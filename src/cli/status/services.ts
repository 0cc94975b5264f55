import { rangeText, type Service, type Spec } from "../../config/index.ts";
import type { ProbeStatus } from "../../facts/probed.ts";
import type { Count, Flow } from "./readings.ts";

type PortAnswer = ProbeStatus["homes"][number]["ports"][number];

/** One service, or what a home's servers started themselves. */
export interface ServiceReport {
  /** `tcp 443`, `tcp+udp 50000-50010`, `everything else`, `started at home` */
  service: string;
  name?: string;
  to: string;
  /** Connections now. Packets and bytes are theirs: those of ended connections are not in it. */
  connections: number;
  /** Towards the home's server. */
  toHome: Count;
  fromHome: Count;
  /** How many of the server's TCP ports that were tried take connections; absent: none was tried. */
  answering?: { tried: number; open: number };
}

/**
 * The services of a home with their connections.
 *
 * @param number of the home, from 1: what the marks name
 * @param flows into or out of this home
 */
export function servicesOf(
  { services }: Spec,
  home: string,
  number: number,
  flows: readonly Flow[],
  answers: readonly PortAnswer[],
): ServiceReport[] {
  const into = flows.filter((flow) => flow.into === number);
  const ports = services.filter((service) => service.kind === "ports");
  const own = services.filter((service) => service.home === home);
  const declared = own.map((service): ServiceReport => {
    const matching = into.filter((flow) =>
      service.kind === "ports" ? isOf(service, flow) : !ports.some((other) => isOf(other, flow)),
    );
    return {
      service: wordsFor(service),
      ...(service.name === undefined ? {} : { name: service.name }),
      to: "toPort" in service ? `${service.to}:${service.toPort}` : service.to,
      ...summed(matching, "original"),
      ...answering(service, answers),
    };
  });
  const started = flows.filter((flow) => flow.into !== number);
  if (started.length === 0) return declared;
  const servers = [...new Set(started.flatMap(({ server }) => server ?? []))];
  return [
    ...declared,
    { service: "started at home", to: servers.join(", ") || "other homes", ...summed(started, "reply") },
  ];
}

type PortService = Exclude<Service, { kind: "whole-address" }>;

function isOf({ ports, protocols }: PortService, { port, protocol }: Flow): boolean {
  return protocols.some((each) => each === protocol) && port >= ports.first && port <= ports.last;
}

/** `tcp 443`, `everything else` */
export function wordsFor(service: Service): string {
  return service.kind === "whole-address"
    ? "everything else"
    : `${service.protocols.join("+")} ${rangeText(service.ports)}`;
}

/** @param towards which direction leads to the home's server */
function summed(flows: readonly Flow[], towards: "original" | "reply") {
  const total = (way: "original" | "reply"): Count => ({
    packets: flows.reduce((sum, flow) => sum + flow[way].packets, 0),
    bytes: flows.reduce((sum, flow) => sum + flow[way].bytes, 0),
  });
  return {
    connections: flows.reduce((sum, flow) => sum + flow.connections, 0),
    toHome: total(towards),
    fromHome: total(towards === "original" ? "reply" : "original"),
  };
}

/** An IPv6 address stands in brackets where a port could follow. */
function bare(host: string): string {
  return host.replace(/^\[(.*)\]$/, "$1");
}

/** How many of a service's ports that the probe tried take connections. */
export function answering(
  service: Service,
  answers: readonly PortAnswer[],
): Pick<ServiceReport, "answering"> {
  if (service.kind === "whole-address") return {};
  const tried = answers.filter(
    ({ ports, to, answer }) =>
      ports === rangeText(service.ports) && bare(to) === service.to && answer !== null,
  );
  if (tried.length === 0) return {};
  return {
    answering: { tried: tried.length, open: tried.filter(({ answer }) => answer === "open").length },
  };
}
