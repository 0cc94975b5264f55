import type { PortEntry, RelayPlan } from "../plan/index.ts";
import type { Bundle, BundleFile } from "./bundle.ts";
import { fill } from "./template.ts";

/** The relay end's files. A port stands in one of them: services.nft. */
export function renderRelay(relay: RelayPlan): Bundle {
  const { publicIpv4, endpoint, management, tunnels, wholeAddress } = relay;
  const values = {
    publicIpv4,
    endpoint,
    management,
    tunnels,
    maps: nftMaps(relay),
    ...(relay.exclusive ? { exclusive: true } : {}),
    ...(management.over === "ipv4" ? { managementPort: management.port } : {}),
    ...(wholeAddress === undefined ? {} : { wholeAddress }),
  };
  const file = (path: string) => fill("relay", path, values);
  return {
    name: "relay",
    end: "relay",
    files: [
      ...tunnels.map((tunnel) =>
        fill(
          "relay",
          "/etc/network/interfaces.d/relay4in6-wrapN",
          { tunnel },
          `/etc/network/interfaces.d/relay4in6-${tunnel.device}`,
        ),
      ),
      // The relay is a Debian machine as well: what is the same on both is there once.
      fill("debian", "/etc/relay4in6/endpoint", {}),
      file("/etc/relay4in6/rules"),
      file("/etc/relay4in6/rules.v4"),
      file("/etc/relay4in6/rules.v6"),
      file("/etc/relay4in6/services.nft"),
      file("/etc/relay4in6/sets"),
      file("/etc/relay4in6/undeclared.awk"),
      fill("debian", "/etc/systemd/networkd.conf.d/relay4in6.conf", {}),
    ],
    state: [
      stateFile("endpoint", endpoint),
      ...tunnels.map(({ device, homeEndpoint }) => stateFile(device, homeEndpoint)),
    ],
    packages: ["ifupdown", "iptables", "ipset", "nftables", "conntrack"],
    devices: tunnels.map((tunnel) => tunnel.device),
  };
}

/** The relay reads its own endpoint and each tunnel's remote from a file of their own. */
function stateFile(name: string, address: string): BundleFile {
  return { path: `/var/lib/relay4in6/${name}`, mode: "0644", text: `${address}\n` };
}

interface NftMap {
  name: string;
  /** What a port leads to, in nft's terms. */
  type: string;
  entries: readonly PortEntry[];
  /** The rule that reads the map. */
  rule: string;
}

/** The maps that hold anything, in the order in which their rules are tried: marks before addresses. */
function nftMaps({ tcp, udp }: RelayPlan): NftMap[] {
  return (["tcp", "udp"] as const).flatMap((protocol) => {
    const maps = protocol === "tcp" ? tcp : udp;
    const key = `${protocol} dport`;
    const all: NftMap[] = [
      {
        name: `${protocol}_marks`,
        type: "mark",
        entries: maps.marks,
        rule: `meta mark set ${key} map @${protocol}_marks ct mark set meta mark`,
      },
      {
        name: `${protocol}_servers`,
        type: "ipv4_addr",
        entries: maps.servers,
        rule: `dnat to ${key} map @${protocol}_servers`,
      },
      {
        name: `${protocol}_translated`,
        type: "ipv4_addr . inet_service",
        entries: maps.translated,
        rule: `dnat to ${key} map @${protocol}_translated`,
      },
    ];
    return all.filter((map) => map.entries.length > 0);
  });
}
