import { linkTemplate, linkValues } from "../ip6Tunnel/ip6Tunnel.ts";
import type { TunnelTransport } from "../transport.ts";

const title = "GRE over IPv6 (RFC 7676)";

/** GRE by the kernel's ip6gre, where protocol 4 is dropped on the way or a cloud firewall has to know the protocol. */
export const gre6: TunnelTransport<"endpoint"> = {
  kind: "gre6",
  title,
  // An IPv6 header (RFC 8200, 3) and a GRE header without key, checksum or sequence number (RFC 2784, 2.1).
  overhead: () => 44,
  needs: {
    packages: { relay: [], debian: [], openwrt: ["kmod-gre6"] },
    module: "ip6_gre",
    programs: [],
  },
  knownBy: "endpoint",
  keepalive: 20,
  outer: () => ({ protocol: "47" }),
  apart: { suffix: "gre", network: 52, firstPriority: 5000, metric: 1003 },
  carries: ["tcp", "udp", "whole-address"],
  linkTemplate,
  linkValues: linkValues(title, "ip6gre", "gre/ipv6"),
};
