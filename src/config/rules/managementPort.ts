import type { Fault } from "../../errors.ts";
import { familyOfHost, managementOf } from "../management.ts";
import { protocolsOf, publicPorts } from "../ports.ts";
import type { Rule } from "./rule.ts";

/** No service takes the port that the relay itself is managed by. */
export const managementPort: Rule = ({ relay, services }) => {
  const { port, over } = managementOf(relay);
  if (over !== "ipv4") return [];
  return services.flatMap((service, index): Fault[] => {
    const ports = publicPorts(service);
    if (!ports || ports.first > port || ports.last < port) return [];
    if (!protocolsOf(service.protocol).includes("tcp")) return [];
    const field = service.port === undefined ? "ports" : "port";
    return [
      {
        key: `services[${index}].${field}`,
        value: service[field],
        problem: `takes tcp ${port}, the port of the relay's own SSH over IPv4`,
        cure: "choose another port, or manage the relay over IPv6 (`management: {over: ipv6}`)",
      },
    ];
  });
};

/** What an own server says twice, it says alike. */
export const managementAgrees: Rule = ({ relay }) => {
  const faults: Fault[] = [];
  if (relay.provider !== "existing") return faults;
  const { port, over } = relay.management ?? {};
  if (port !== undefined && relay.port !== undefined && port !== relay.port) {
    const problem = `is not the SSH port of the server, ${relay.port}`;
    faults.push({ key: "relay.management.port", value: port, problem, cure: "leave `management.port` out" });
  }
  const family = familyOfHost(relay.host);
  if (over !== undefined && family !== undefined && over !== family) {
    const problem = `does not fit to \`host\`, which is an ${family === "ipv4" ? "IPv4" : "IPv6"} address`;
    const cure = `write ${family}, or the server's ${over === "ipv4" ? "IPv4" : "IPv6"} address as \`host\``;
    faults.push({ key: "relay.management.over", value: over, problem, cure });
  }
  return faults;
};
