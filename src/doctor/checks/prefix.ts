import { Address6 } from "ip-address";
import { endpointTunnel, type HomePlan } from "../../plan/index.ts";
import type { HomeView } from "../examination.ts";
import type { Finding } from "../finding.ts";
import { type Case, type Check, homesOf, relayOf } from "./check.ts";

const global = new Address6("2000::/3");

/**
 * The home's IPv6 prefix: that there is one, that the internet routes it, that both ends know the present one. A home that
 * dials by all of its tunnels needs none.
 */
export const prefix: Check = (subject) =>
  homesOf(subject)
    .filter(({ home }) => endpointTunnel(home) !== undefined)
    .flatMap(({ home, view }) => atHome(home, view) ?? atRelay(subject, home, view));

function atHome(home: HomePlan, view: HomeView): Finding[] | undefined {
  const usable = view.prefixes.filter(({ isDeprecated }) => !isDeprecated);
  const routed = usable.filter((each) => new Address6(each.prefix).isInSubnet(global));
  const finding = (id: Finding["id"], what: string, cure: string): Finding[] => [
    { id, where: home.name, what, cure, severity: "down", home: home.name },
  ];
  if (usable.length === 0) {
    return finding(
      "prefix-missing",
      view.prefixes.length > 0
        ? `its IPv6 prefix was withdrawn (${view.prefixes.map((each) => each.prefix).join(", ")}), and there is no other`
        : "its LAN has no IPv6 prefix: the provider delegates none, or the LAN takes no part of it",
      home.end === "openwrt"
        ? "look at ifstatus wan6 (ipv6-prefix); set ip6assign 60 or 64 on lan; then: ifup wan6"
        : "see that its router announces a prefix, and that the machine accepts it (accept_ra)",
    );
  }
  if (routed.length === 0) {
    return finding(
      "prefix-private",
      `it has only a private IPv6 prefix (${usable.map((each) => each.prefix).join(", ")}), which nothing on the internet leads to`,
      home.end === "openwrt"
        ? "have a prefix delegated: on wan6, reqprefix auto; look at ifstatus wan6, and ask the provider if it gives none"
        : "see that its router gets a prefix from the provider and announces it",
    );
  }
  const { endpoint } = view;
  if (
    endpoint === undefined ||
    routed.some((each) => new Address6(endpoint).isInSubnet(new Address6(each.prefix)))
  )
    return undefined;
  return finding(
    "prefix-moved",
    `its prefix is ${routed.map((each) => each.prefix).join(", ")} now, and its endpoint is still ${endpoint}`,
    "pulumi up writes the new endpoint down on both ends",
  );
}

function atRelay(subject: Case, home: HomePlan, { endpoint }: HomeView): Finding[] {
  const remote = relayOf(subject)?.remotes[endpointTunnel(home)?.endpointName ?? ""];
  if (remote === undefined || endpoint === undefined || isSame(remote, endpoint)) return [];
  return [
    {
      id: "prefix-moved",
      where: "relay",
      what: `it still takes ${home.name} to be at ${remote}; ${home.name} is at ${endpoint}`,
      cure: "pulumi up tells it; where the home follows its prefix by itself, see why it could not tell the relay (logread, journalctl)",
      severity: "down",
      home: home.name,
    },
  ];
}

/** Two texts of one address. */
export function isSame(one: string, other: string): boolean {
  const form = (text: string) => (Address6.isValid(text) ? new Address6(text).correctForm() : text);
  return form(one) === form(other);
}
