/**
 * What stands on the user's machines, to be compared before `up` and after `destroy`.
 */
import type { Place, Places } from "./places.ts";
import type { Report } from "./proof.ts";

/** Text that describes a machine, by what it describes. */
type Trace = Record<string, string>;

/** The same program before and after: installing ip-full changes what `ip` prints. */
const ip = "/usr/libexec/ip-full";

/**
 * Files with their sums, UCI, rules, routes, links, rules of the firewall. Packages stay after destroy, and with them
 * their own files and the module's ip6tnl0. The home was renumbered meanwhile: which prefix it has does not count. A
 * commit drops comments from /etc/config: there UCI is compared.
 */
const router: Trace = {
  files:
    "find /etc /lib/upgrade /root -type f ! -name '*.lease' ! -path '/etc/config/*' ! -path '/etc/modules.d/*' | sort | xargs sha256sum",
  uci: "uci export; uci changes",
  rules: `${ip} rule; ${ip} -6 rule`,
  routes: `{ ${ip} -4 route show table all; ${ip} -6 route show table all; } | sed 's/ expires [0-9]*sec//; s/ hoplimit [0-9]*//' | grep -v -e ^multicast -e fe80: | sed 's/2001:db8:b1[0-9a-f]*:/PREFIX:/g' | sort -u`,
  links: `${ip} -o link | sed 's/^[0-9]*: \\([^:@]*\\).*/\\1/' | grep -v -e ip6tnl0 -e ip6gre0 | sort`,
  ruleset: "nft -s list ruleset | sed 's/counter packets [0-9]* bytes [0-9]*/counter/'",
};

const server: Trace = {
  files:
    "find /etc/network/interfaces.d /etc/relay4in6 /etc/systemd /var/lib/relay4in6 -type f 2>/dev/null | sort | xargs -r sha256sum",
  rules: "ip rule; ip -6 rule",
  links: "ip -o link | sed 's/^[0-9]*: \\([^:@]*\\).*/\\1/' | grep -Ev 'veth|ip6tnl0|ip6gre0' | sort",
  chains:
    "iptables-save 2>/dev/null | grep -i relay4in6; ip6tables-save 2>/dev/null | grep -i relay4in6; ipset list -n 2>/dev/null; true",
};

/** On a home the lab's own container switches forwarding on. */
const ownServer: Trace = { ...server, forwarding: "cat /proc/sys/net/ipv4/ip_forward" };

/** Both homes as they are now, and the relay where its machine is the user's own. */
export async function trace(
  { home, home2, relay }: Places,
  isOwnRelay: boolean,
): Promise<Record<string, string>> {
  const machines: [string, Trace, Place][] = [
    ["router", router, home],
    ["Debian home", server, home2],
    ...(isOwnRelay ? [["own server", ownServer, relay] satisfies [string, Trace, Place]] : []),
  ];
  const seen: Record<string, string> = {};
  for (const [machine, parts, place] of machines)
    for (const [name, command] of Object.entries(parts))
      seen[`${machine}'s ${name}`] = await place.say(command);
  return seen;
}

/** Reports a line for each part of the traces. */
export async function compareTraces(
  report: Report,
  before: Record<string, string>,
  after: Record<string, string>,
): Promise<void> {
  for (const [name, text] of Object.entries(before)) {
    const now = after[name] ?? "";
    const lines = [...difference(text, now, "-"), ...difference(now, text, "+")];
    await report.add({
      name: `after destroy, the ${name} are what they were`,
      ok: lines.length === 0 && now === text,
      measured: lines.length === 0 ? "the same" : lines.join(" | ").slice(0, 400),
      expected: "the same",
    });
  }
}

function difference(from: string, to: string, sign: string): string[] {
  const there = new Set(to.split("\n"));
  return from
    .split("\n")
    .filter((line) => !there.has(line))
    .map((line) => `${sign}${line.trim()}`);
}
