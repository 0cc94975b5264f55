import type { Fault } from "../../errors.ts";
import {
  isProcess,
  type Transport,
  type TransportKind,
  transports,
  tunnelKinds,
} from "../../transports/index.ts";
import { managementOf } from "../management.ts";
import { protocolsOf, publicPorts } from "../ports.ts";
import type { Rule } from "./rule.ts";
import { homeOf, isEndless } from "./serviceHome.ts";

function speaks(kind: TransportKind): boolean {
  const transport: Transport = transports[kind];
  return "speaksProxyProtocol" in transport && transport.speaksProxyProtocol;
}

/** The PROXY protocol is asked of a transport that speaks it, and so of TCP. */
export const proxyProtocolIsSpoken: Rule = (draft) =>
  draft.services.flatMap((service, index): Fault[] => {
    const home = homeOf(draft, service);
    const isTunnel = !isEndless(home);
    if (service.proxyProtocol === undefined || home === undefined) return [];
    const { transport } = home;
    if (!isTunnel && (!isProcess(transport) || speaks(transport))) return [];
    return [
      {
        key: `services[${index}].proxyProtocol`,
        value: service.proxyProtocol,
        problem: isTunnel
          ? "means nothing through a tunnel, which keeps the clients' addresses by itself"
          : `is not spoken by ${home.transport}`,
        cure: isTunnel ? "leave it out" : "leave it out, or give the home `transport: proxy`",
      },
    ];
  });

/** Nothing at home leaves through a relay that has no tunnel to it. */
export const relayedEgress: Rule = (draft) =>
  draft.services.flatMap((service, index): Fault[] => {
    const home = homeOf(draft, service);
    if (service.egress === undefined || home === undefined || !isProcess(home.transport)) return [];
    return [
      {
        key: `services[${index}].egress`,
        value: service.egress,
        problem: `means nothing over ${home.transport}: without a tunnel, no connection leaves the home through the relay`,
        cure: `leave it out, or end a tunnel at the home (\`transport\`: ${tunnelKinds.join(", ")})`,
      },
    ];
  });

/** A process cannot listen where the relay's own SSH does, which listens on every address. */
export const relayedManagementPort: Rule = (draft) => {
  const { port, over } = managementOf(draft.relay);
  // Over IPv4 the port is no service's, whatever its transport is.
  if (over === "ipv4") return [];
  return draft.services.flatMap((service, index): Fault[] => {
    const ports = publicPorts(service);
    if (!isProcess(homeOf(draft, service)?.transport) || !ports) return [];
    if (ports.first > port || ports.last < port || !protocolsOf(service.protocol).includes("tcp")) return [];
    const field = service.port === undefined ? "ports" : "port";
    return [
      {
        key: `services[${index}].${field}`,
        value: service[field],
        problem: `takes tcp ${port}, where the relay's own SSH listens: a process cannot take it as a tunnel could`,
        cure: "choose another public port, or another one for the relay's SSH (`relay.management.port`)",
      },
    ];
  });
};

/** A warning: whom a server sees that has no tunnel. */
export const clientsAreHidden: Rule = (draft) =>
  draft.services.flatMap((service, index): Fault[] => {
    const kind = homeOf(draft, service)?.transport;
    if (!isProcess(kind) || service.proxyProtocol === true) return [];
    return [
      {
        key: `services[${index}]`,
        value: service,
        problem: `leads to a server that sees the relay's address instead of its clients': ${kind} does not keep it`,
        cure: `${speaks(kind) ? "write `proxyProtocol: true` if the server takes the PROXY protocol, or " : ""}use a tunnel (\`transport\`: ${tunnelKinds.join(", ")}) where that matters`,
      },
    ];
  });
