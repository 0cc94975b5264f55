import type { Admission, ManualPlan } from "../plan/index.ts";
import type { BundleFile } from "./bundle.ts";
import { fill } from "./template.ts";

/** What the instructions say that is not in the home's plan. */
export interface ManualFacts {
  publicIpv4: string;
  lan: { device: string; prefixes: readonly string[] };
}

/**
 * Instructions for a home end that nobody can log in to, in Markdown: all values, and the steps in the terms of
 * iproute2, of a router's web page, and of pfSense and OPNsense.
 */
export function renderManual(home: ManualPlan, { publicIpv4, lan }: ManualFacts): BundleFile {
  const { name, tunnel, priorities, admitted } = home;
  return fill("manual", "/home.md", {
    name,
    publicIpv4,
    tunnel,
    priorities,
    lan,
    servers: tunnel.servers,
    egressServers: tunnel.egressServers,
    admissions: admitted.map(admissionText),
    accepts: admitted.flatMap(iptablesMatches),
    // gif(4) of FreeBSD fragments at the least MTU of IPv6 (RFC 8200, 5), whatever the path takes.
    unfragmentedMss: 1280 - 40 - 40,
  });
}

function admissionText({ to, protocol, ports }: Admission) {
  return { to, protocol: protocol ?? "any", ports: ports?.join(", ") ?? "any" };
}

/** One match for each port or range: iptables writes a range with a colon. */
function iptablesMatches({ to, protocol, ports }: Admission): string[] {
  if (protocol === undefined || ports === undefined) return [`-d ${to}`];
  return ports.map((range) => `-d ${to} -p ${protocol} --dport ${range.replace("-", ":")}`);
}
