import { type CloudRule, cloudFirewallKnows, lackingRules, neededCloudRules } from "../../plan/index.ts";
import type { CloudFirewall } from "../ask/cloud.ts";
import type { Finding } from "../finding.ts";
import type { Case, Check } from "./check.ts";

/** What the cloud's API knows: a server that is off or gone, a blocked address, a firewall in front of it. */
export const cloud: Check = (subject) => {
  const { spec, plan, seen } = subject;
  if (seen.cloud === undefined || spec.relay.provider !== "hcloud") return [];
  const { server, isTypeOffered } = seen.cloud;
  const { publicIpv4 } = plan.relay;
  const found: Finding[] = [];
  const at = { where: "relay, as the cloud sees it" };
  if (server === undefined) {
    const what = `the project of this token has no server with the address ${publicIpv4}`;
    const cure =
      "see that HCLOUD_TOKEN is of the right project; if the server was deleted: pulumi refresh, then pulumi up";
    found.push({
      id: "server-gone",
      ...at,
      what,
      cure,
      severity: typeof seen.relay === "string" ? "down" : "note",
    });
  } else {
    if (server.status !== "running") {
      const what = `the server is ${server.status}`;
      found.push({
        id: "server-off",
        ...at,
        what,
        cure: "switch it on in the cloud's console",
        severity: "down",
      });
    }
    if (server.isBlocked) {
      found.push({
        id: "address-blocked",
        ...at,
        what: `the provider has blocked ${publicIpv4}`,
        cure: "read the provider's mail about it and answer that; nothing on your machines can undo it",
        severity: "down",
      });
    }
    found.push(...firewalls(subject, server.firewalls).map((each) => ({ ...each, ...at })));
  }
  if (!isTypeOffered) {
    const { serverType, location } = spec.relay;
    found.push({
      id: "server-type-gone",
      ...at,
      what: `a server of type ${serverType} cannot be ordered in ${location} today: this one runs on, but could not be made again`,
      cure: "set relay.serverType to cheapest, or to one on offer (hcloud server-type list); a running server is not replaced by that",
      severity: "note",
    });
  }
  return found;
};

/** Firewalls in front of the server, where they drop what the relay needs; and one that is wanted and not there. */
function firewalls({ spec, plan }: Case, attached: readonly CloudFirewall[]): Omit<Finding, "where">[] {
  const id = "cloud-firewall";
  const wanted = spec.relay.provider === "hcloud" && spec.relay.firewall;
  const repair = "pulumi up --refresh puts our own firewall right";
  if (attached.length === 0) {
    const what = "the firewall that `relay.firewall` asks for is not attached";
    return wanted ? [{ id, what, cure: repair, severity: "note" }] : [];
  }
  const names = attached.map(({ name }) => name).join(", ");
  const detach =
    "detach it (hcloud firewall remove-from-resource, or the console): the relay filters by itself";
  if (!plan.relay.tunnels.every(({ outer }) => cloudFirewallKnows(outer))) {
    const what = `a Cloud Firewall is attached (${names}): it drops all that it has no rule for, and it has no word for IPv4 in IPv6`;
    const cure = `${detach}; or use a transport that it has a word for (gre6, wireguard) and add the rule`;
    return [{ id, what, cure, severity: "down" }];
  }
  // Without ICMP the path MTU suffers, and nothing stops.
  const needed = neededCloudRules(spec).filter(({ protocol }) => protocol !== "icmp");
  const lacking = lackingRules(
    needed,
    attached.flatMap(({ rules }) => rules),
  );
  if (lacking.length === 0) return [];
  const what = `a Cloud Firewall is attached (${names}) that has no rule for ${lacking.map(inWords).join("; ")}`;
  return [{ id, what, cure: wanted ? repair : `add what is missing, or ${detach}`, severity: "down" }];
}

function inWords({ protocol, port, sources, description }: CloudRule): string {
  return `${protocol}${port === undefined ? "" : ` ${port}`} from ${sources.join(", ")} (${description})`;
}
