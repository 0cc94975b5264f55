import type { RelayedService, Spec } from "../config/spec.ts";
import { processKinds, type Relayed } from "../transports/index.ts";
import type { ProcessPlan } from "./types.ts";

/** What the processes of the relay take: one entry for each protocol of a service, in the ports' order. */
export function planProcesses({ homes, services }: Spec): ProcessPlan[] {
  const relayed = services.filter((service) => service.kind === "relayed");
  return processKinds.flatMap((transport): ProcessPlan[] => {
    const names = new Set(homes.filter((home) => home.transport === transport).map(({ name }) => name));
    const own = relayed.filter(({ home }) => names.has(home)).flatMap(entries);
    return own.length === 0 ? [] : [{ transport, services: own.toSorted(inOrder) }];
  });
}

function entries({ home, ports, protocols, to, toPort, proxyProtocol }: RelayedService): Relayed[] {
  return protocols.map((protocol) => ({
    home,
    protocol,
    ...ports,
    server: to.includes(":") ? { address: to } : { name: to },
    ...(toPort === undefined ? {} : { toPort }),
    proxyProtocol,
  }));
}

function inOrder(a: Relayed, b: Relayed): number {
  return a.first - b.first || (a.protocol < b.protocol ? -1 : 1);
}
