import { linkTemplate, linkValues } from "../ip6Tunnel/ip6Tunnel.ts";
import type { TunnelTransport } from "../transport.ts";

const title = "IPv4 in IPv6 (RFC 2473)";

/** IPv4 in IPv6 by the kernel's ip6tnl (RFC 2473), as DS-Lite itself does it (RFC 6333). */
export const ipip6: TunnelTransport<"endpoint"> = {
  kind: "ipip6",
  title,
  // One IPv6 header (RFC 8200, 3): there is no encapsulation limit to carry.
  overhead: () => 40,
  needs: {
    packages: { relay: [], debian: [], openwrt: ["kmod-ip6-tunnel"] },
    module: "ip6_tunnel",
    programs: [],
  },
  knownBy: "endpoint",
  keepalive: 20,
  outer: ({ ipv6 }) => (ipv6 ? { protocol: "4", ofIpv6: "41" } : { protocol: "4" }),
  apart: { suffix: "", network: 46, firstPriority: 4200, metric: 1001 },
  carries: ["tcp", "udp", "whole-address"],
  linkTemplate,
  // A device of the mode ipip6 knows IPv4 only.
  linkValues: linkValues(title, "ipip6", "ip/ipv6", { mode: "any", shown: "any/ipv6" }),
};
