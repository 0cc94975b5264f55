import type { Fault } from "../../errors.ts";
import type { Draft, DraftHome } from "../draft.ts";
import { namedTunnels } from "../named.ts";
import { draftOuters } from "../outer.ts";
import { protocolsOf, publicPorts } from "../ports.ts";
import type { Rule } from "./rule.ts";

/** The UDP port of the relay that a home's transport takes, if it takes one. */
function portOf(home: DraftHome, index: number): number | undefined {
  const [port] = draftOuters(home, index).flatMap((outer) => (outer.protocol === "udp" ? [outer.port] : []));
  return port;
}

/** What is said of WireGuard is meant for WireGuard. */
export const wireguardIsMeant: Rule = ({ homes, homeKeys }) =>
  homes.flatMap((home, index): Fault[] => {
    const { transport, wireguard } = home;
    if (wireguard === undefined || namedTunnels(home).includes("wireguard")) return [];
    // A wrong transport has its own fault.
    if (transport === undefined && homeKeys[index]?.has("transport")) return [];
    if (transport === "auto") return overIsFound(index, wireguard.over);
    const problem = "says how WireGuard is reached, and the home's transport is another";
    const cure = "write `transport: wireguard`, or leave `wireguard` out";
    return [{ key: `homes[${index}].wireguard`, value: wireguard, problem, cure }];
  });

/** Over which of the addresses it goes is what `auto` finds out. */
function overIsFound(index: number, over: string | undefined): Fault[] {
  if (over === undefined) return [];
  const problem = "is what `transport: auto` finds out by itself: it tries both, IPv6 first";
  const cure = "leave it out (`port` may stay), or write `transport: wireguard`";
  return [{ key: `homes[${index}].wireguard.over`, value: over, problem, cure }];
}

/** A port that carries a tunnel leads to no service, and carries one tunnel only. */
export const wireguardPort: Rule = (draft) => [...sharedPorts(draft), ...servicesThere(draft)];

/** Told where a port is written: those that we choose differ from each other. */
function sharedPorts({ homes }: Draft): Fault[] {
  const isWritten = (index: number) => homes[index]?.wireguard?.port !== undefined;
  return homes.flatMap((home, index): Fault[] => {
    const port = isWritten(index) ? portOf(home, index) : undefined;
    if (port === undefined) return [];
    const owner = homes.findIndex(
      (other, place) =>
        portOf(other, place) === port && (place < index || (place > index && !isWritten(place))),
    );
    if (owner < 0) return [];
    const problem = `is the port of homes[${owner}] too${isWritten(owner) ? "" : ", where none is written and we chose it"}`;
    const cure = "write another port, or leave `wireguard.port` out";
    return [{ key: `homes[${index}].wireguard.port`, value: port, problem, cure }];
  });
}

function servicesThere({ homes, services }: Draft): Fault[] {
  return services.flatMap((service, index): Fault[] => {
    const ports = publicPorts(service);
    if (!ports || !protocolsOf(service.protocol).includes("udp")) return [];
    const taken = homes.findIndex((home, place) => {
      const port = portOf(home, place);
      return port !== undefined && ports.first <= port && port <= ports.last;
    });
    if (taken < 0) return [];
    const field = service.port === undefined ? "ports" : "port";
    const port = portOf(homes[taken] ?? {}, taken);
    const problem = `takes udp ${port}, the port of the WireGuard tunnel to homes[${taken}]`;
    const cure = `choose another public port, or another one for the tunnel: homes[${taken}].wireguard.port`;
    return [{ key: `services[${index}].${field}`, value: service[field], problem, cure }];
  });
}
