import type { Fault } from "../../errors.ts";
import type { DraftService } from "../draft.ts";
import { portPair } from "../ports.ts";
import type { Rule } from "./rule.ts";

/** The target's port as written, right or wrong. */
const targetPort = ({ to }: DraftService) => /^(?:[A-Za-z0-9_.-]+|\[[^\]]*\]):(\d+)$/.exec(to ?? "")?.[1];

function faultOf(service: DraftService, raw: Set<string>, key: string): Fault[] {
  const { port, ports, protocol, to } = service;
  if (raw.has("port") && raw.has("ports")) {
    const cure = "leave out `port` or `ports`; two services are two entries of the list";
    return [{ key: `${key}.ports`, value: ports, problem: "stands beside `port`", cure }];
  }
  const inner = targetPort(service);
  if (ports !== undefined && inner !== undefined) {
    const pair = portPair(ports);
    const cure =
      pair && pair.first === pair.last ? `write \`port: ${pair.first}\`` : "write the address alone";
    const problem = "translates a range of ports; only a single port can be translated";
    return [{ key: `${key}.to`, value: to, problem, cure: `${cure}, or a service for each port` }];
  }
  if (raw.has("port") || raw.has("ports")) return [];
  const faults: Fault[] = [];
  if (inner !== undefined) {
    const cure = `write \`port: ${inner}\` for that port alone, or leave \`:${inner}\` out for the whole address`;
    const problem = "has a port, but the service is the whole address";
    faults.push({ key: `${key}.to`, value: to, problem, cure });
  }
  if (protocol !== undefined && port === undefined) {
    const problem = "means nothing for the whole address, which takes every protocol";
    const cure = "leave `protocol` out, or add `port` or `ports`";
    faults.push({ key: `${key}.protocol`, value: protocol, problem, cure });
  }
  return faults;
}

/** A service is a port, a range or the whole address, and what else it says fits to that. */
export const serviceKind: Rule = ({ services, serviceKeys }) =>
  services.flatMap((service, index) =>
    faultOf(service, serviceKeys[index] ?? new Set(), `services[${index}]`),
  );
