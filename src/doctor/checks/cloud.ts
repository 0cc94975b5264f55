import type { Finding } from "../finding.ts";
import { type Check, crosses } from "./check.ts";

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
    const stopped = plan.relay.tunnels.filter(
      ({ outer, home }) => outer.protocol === "4" || !crosses(subject, home),
    );
    if (server.firewalls.length > 0 && stopped.length > 0) {
      found.push({
        id: "cloud-firewall",
        ...at,
        what: `a Cloud Firewall is attached (${server.firewalls.join(", ")}): it drops all that it has no rule for, and it has no word for IPv4 in IPv6`,
        cure: "detach it (hcloud firewall remove-from-resource, or the console): the relay filters by itself; or use a transport that it has a word for (gre6, wireguard) and add the rule",
        severity: "down",
      });
    }
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
