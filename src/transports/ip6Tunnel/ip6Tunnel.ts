import type { TunnelTransport } from "../transport.ts";

/** The template of every transport that `ip -6 tunnel` makes. */
export const linkTemplate = new URL("link", import.meta.url);

/**
 * What that template names.
 *
 * @param title one line for people
 * @param mode as `ip -6 tunnel add` takes it
 * @param shown as `ip -6 tunnel show` says it of such a device
 * @param withIpv6 both for a device that carries IPv6, too
 */
export function linkValues(
  title: string,
  mode: string,
  shown: string,
  withIpv6 = { mode, shown },
): TunnelTransport["linkValues"] {
  return ({ home, device, endpointName, relayEndpoint, mtu, ipv6 }, { side, state }) => {
    const said = ipv6 === undefined ? { mode, shown } : withIpv6;
    const same = { title, ...said, device, relayEndpoint, mtu };
    return side === "relay"
      ? // Without a flow label that is given, the kernel works one out for every packet.
        { ...same, peer: home, remoteFile: `${state}/${endpointName}`, flowLabel: "0x00004" }
      : { ...same, peer: "relay", localFile: `${state}/endpoint`, flowLabel: "0x00000" };
  };
}
