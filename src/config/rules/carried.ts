import type { Fault } from "../../errors.ts";
import {
  type Carried,
  isProcess,
  type ProcessTransport,
  type Transport,
  transports,
} from "../../transports/index.ts";
import type { Draft, DraftHome, DraftService } from "../draft.ts";
import { protocolsOf, publicPorts } from "../ports.ts";
import type { Rule } from "./rule.ts";
import { homeOf, isEndless } from "./serviceHome.ts";

/** What a service asks of its home's transport; nothing where it says too little. */
function asked(service: DraftService, keys: Set<string> | undefined): Carried[] {
  if (keys?.has("port") || keys?.has("ports")) return protocolsOf(service.protocol);
  return keys?.has("to") ? ["whole-address"] : [];
}

const words: Readonly<Record<Carried, string>> = {
  tcp: "TCP",
  udp: "UDP",
  "whole-address": "a whole address",
};

function mostPorts(transport: Transport): number {
  const { mostPorts = 65535 }: Partial<ProcessTransport> = transport;
  return mostPorts;
}

function portCount(service: DraftService): number {
  const ports = publicPorts(service);
  return ports === undefined ? 1 : ports.last - ports.first + 1;
}

/** The transports that could carry all of it, and what else has to be written for them. */
function able(home: DraftHome, what: readonly Carried[], count: number): string {
  const found = (Object.values(transports) as Transport[])
    .filter((each) => what.every((part) => each.carries.includes(part)) && mostPorts(each) >= count)
    .map(({ kind }) => kind);
  const endsAtHome = isEndless(home) && found.some((kind) => !isProcess(kind));
  return `${found.join(", ")}${endsAtHome ? "; for a tunnel, `end` says what ends it at the home" : ""}`;
}

function faultOf(draft: Draft, service: DraftService, index: number): Fault[] {
  const home = homeOf(draft, service);
  const keys = draft.serviceKeys[index];
  // Any tunnel carries all.
  if (!isProcess(home?.transport)) return [];
  const transport: Transport = transports[home.transport];
  const what = asked(service, keys);
  const key = `services[${index}]`;
  const place = `homes[${draft.homes.indexOf(home)}].transport`;
  const missing = what.filter((part) => !transport.carries.includes(part));
  if (missing.length > 0) {
    const whole = missing.includes("whole-address");
    return [
      {
        key: whole ? key : `${key}.protocol`,
        value: whole ? service : service.protocol,
        problem: `asks for ${missing.map((part) => words[part]).join(" and ")}, which ${transport.kind}, the transport of ${home.name ?? "its home"}, does not carry`,
        cure: `give the home one that does (${place}: ${able(home, what, portCount(service))})${whole ? ", or give the service `port` or `ports`" : ""}`,
      },
    ];
  }
  const count = portCount(service);
  if (count <= mostPorts(transport)) return [];
  return [
    {
      key: `${key}.ports`,
      value: service.ports,
      problem: `has ${count} ports, and ${transport.kind}, which runs a process for each, takes ${mostPorts(transport)} at most`,
      cure: `write fewer, or give the home a transport that takes them (${place}: ${able(home, what, count)})`,
    },
  ];
}

/** A home's transport can carry each of its services. */
export const carried: Rule = (draft) =>
  draft.services.flatMap((service, index) => faultOf(draft, service, index));
