import { ipv4OfEndpoint } from "../../plan/endpoint.ts";
import type { TunnelTransport } from "../transport.ts";

/** The first home's port at the relay; a whole-address service leaves these ports out. */
const firstPort = 24642;

/** Bytes of a data packet's header and tag (the WireGuard paper, 5.4.6) and of a UDP header. */
const own = 32 + 8;

/**
 * WireGuard by the kernel. The home dials out and keeps its way open, so it needs no address that can be reached;
 * over IPv4 it needs no IPv6 either. Each end makes its own key pair, and only the public halves travel.
 */
export const wireguard: TunnelTransport<"key"> = {
  kind: "wireguard",
  title: "WireGuard",
  // Over IPv4, the home's line is taken to be a softwire itself (RFC 6333): an IPv6 header more.
  overhead: ({ wireguard }) => (wireguard?.over === "ipv4" ? 40 + 20 + own : 40 + own),
  needs: {
    packages: {
      relay: ["wireguard-tools"],
      debian: ["wireguard-tools"],
      openwrt: ["kmod-wireguard", "wireguard-tools"],
    },
    module: "wireguard",
    programs: [{ program: "wg", from: "wireguard-tools" }],
  },
  knownBy: "key",
  overs: ["ipv6", "ipv4"],
  // After 15 s without an answer the home shakes hands again (the WireGuard paper, 6.2 and 6.5), and only then does a
  // relay that was started anew know where it is.
  keepalive: 10,
  outer: ({ wireguard }, index) => ({
    protocol: "udp",
    port: wireguard?.port ?? firstPort + index,
    over: wireguard?.over ?? "ipv6",
  }),
  apart: { suffix: "wg", network: 50, firstPriority: 4600, metric: 1002 },
  carries: ["tcp", "udp", "whole-address"],
  linkTemplate: new URL("link", import.meta.url),
  linkValues: ({ home, device, relayEndpoint, outer, ownMark, ipv6 }, { side, state }) => {
    if (outer.protocol !== "udp") throw new Error("WireGuard is carried in UDP");
    const { port, over } = outer;
    const relay = over === "ipv4" ? ipv4OfEndpoint(relayEndpoint) : `[${relayEndpoint}]`;
    return {
      device,
      keyFile: `${state}/keys/wireguard`,
      peerFile: `${state}/peer-${device}`,
      allowed: ["0.0.0.0/0", ...(ipv6 === undefined ? [] : ["::/0"])],
      ...(side === "relay" ? { peer: home, port } : { peer: "relay", dials: `${relay}:${port}`, ownMark }),
    };
  },
};
