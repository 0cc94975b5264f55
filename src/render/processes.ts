import { rangeText } from "../config/ports.ts";
import type { PortEntry, ProcessPlan, RelayPlan } from "../plan/index.ts";
import { hostOf, type ProcessTransport, processTransports, type Relayed } from "../transports/index.ts";
import type { Bundle, BundleFile } from "./bundle.ts";
import { fillFrom } from "./template.ts";

/** The files of the processes that take the ports of homes without an end. */
export function processFiles({ processes, publicIpv4 }: RelayPlan): BundleFile[] {
  return processes
    .flatMap(({ transport, services }) => processTransports[transport].files(services, publicIpv4))
    .map(({ template, values, path }) => fillFrom(template, values, path));
}

/** What they need of the relay. */
export function processNeeds(
  processes: readonly ProcessPlan[],
): Pick<Bundle, "packages"> & Required<Pick<Bundle, "idlePackages">> {
  const all: ProcessTransport[] = processes.map(({ transport }) => processTransports[transport]);
  return {
    packages: all.flatMap(({ packages }) => packages),
    idlePackages: all.flatMap(({ idlePackages }) => idlePackages),
  };
}

/** What the relay's probe is told of homes without an end; nothing where there are none. */
export function probed(processes: readonly ProcessPlan[]) {
  const services = processes.flatMap((each) => each.services);
  if (services.length === 0) return {};
  return {
    endless: [...new Set(services.map(({ home }) => home))],
    relayed: services.filter(({ protocol }) => protocol === "tcp").flatMap(tries),
  };
}

/** Of a range, its ends and its middle are tried. */
function tries(service: Relayed) {
  const { home, first, last, server, toPort } = service;
  const ports = new Set([toPort ?? first, Math.floor((first + last) / 2), last]);
  return [...(toPort === undefined ? ports : [toPort])].map((port) => ({
    home,
    ports: rangeText(service),
    server: hostOf(server),
    port,
  }));
}

/** One protocol's ports that stay here: no tunnel's server is to have them, a whole-address service's neither. */
export function localPorts(processes: readonly ProcessPlan[], protocol: Relayed["protocol"]): PortEntry[] {
  return servicesOf(processes, protocol).map((service) => ({ ports: rangeText(service), value: "accept" }));
}

/** The same as the firewall's sets have them: name of the set → ports; the protocols that have any. */
export function processPorts(processes: readonly ProcessPlan[]): { protocol: string; ports: string[] }[] {
  return (["tcp", "udp"] as const).flatMap((protocol) => {
    const ports = servicesOf(processes, protocol).map(rangeText);
    return ports.length === 0 ? [] : [{ protocol, ports }];
  });
}

function servicesOf(processes: readonly ProcessPlan[], protocol: Relayed["protocol"]): Relayed[] {
  return processes
    .flatMap(({ services }) => services)
    .filter((service) => service.protocol === protocol)
    .toSorted((a, b) => a.first - b.first);
}
