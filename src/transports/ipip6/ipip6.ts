import type { Transport } from "../transport.ts";

/** IPv4 in IPv6 by the kernel's ip6tnl (RFC 2473), as DS-Lite itself does it (RFC 6333). */
export const ipip6: Transport = {
  kind: "ipip6",
  title: "IPv4 in IPv6 (RFC 2473)",
  // One IPv6 header (RFC 8200, 3): there is no encapsulation limit to carry.
  overhead: 40,
  needs: {
    packages: { relay: [], debian: [], openwrt: ["kmod-ip6-tunnel"] },
    module: "ip6_tunnel",
  },
  outer: () => ({ protocol: "4" }),
  carries: () => true,
  linkTemplate: new URL("link", import.meta.url),
  linkValues: ({ home, device, relayEndpoint }, { side, state }) =>
    side === "relay"
      ? // Without a flow label that is given, the kernel works one out for every packet.
        { device, peer: home, relayEndpoint, remoteFile: `${state}/${device}`, flowLabel: "0x00004" }
      : { device, peer: "relay", relayEndpoint, localFile: `${state}/endpoint`, flowLabel: "0x00000" },
};
