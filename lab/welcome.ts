/**
 * What `lab start` tells its user: where things are, and how to poke at them.
 */
import type { Lab } from "./lab.ts";
import { type Home, INTERNET, LAN } from "./network/topology.ts";

/** Text to be printed once the lab stands. */
export function welcome({ homes }: Lab): string {
  return [
    "The lab stands. Some things to try:",
    "  npm run lab -- exec -- hcloud server-type list",
    "  npm run lab -- exec --at client -- ip address",
    ...homes.map(aboutHome),
    "  npm run lab -- down                    takes all of it away",
  ].join("\n");
}

function aboutHome(home: Home): string {
  if (home.kind !== "none") return `  npm run lab -- exec --at ${home.name} -- ip -6 address`;
  return `
  The bridges ${home.wan} and ${home.lan} wait for your router, in the namespace lab-cabling:
    ip netns exec lab-cabling ip tuntap add dev wan-tap mode tap
    ip netns exec lab-cabling ip link set wan-tap master ${home.wan} up      (the same for ${home.lan})
    ip netns exec lab-cabling qemu-system-x86_64 … -netdev tap,ifname=wan-tap,script=no,downscript=no,id=wan …
  ${home.wan}: router advertisements for ${home.wanPrefix}/64, DHCPv6 prefix delegation of a /56, no IPv4
    DS-Lite: AFTR ${INTERNET.isp.aftr}; it expects the router at ${home.wanAddress},
    which is what SLAAC gives to the MAC ${home.wanMac}
  ${home.lan}: ${LAN.router}/${LAN.length} is the router's; ${LAN.server} and ${LAN.server2} are servers,
    ${LAN.operator} is the operator, ${LAN.iot} leads to ${LAN.iotNetwork}
  Host key of the router, for relay4in6:homes (compare it with what the router itself shows):
    npm run lab -- exec -- ssh-keyscan -t ed25519 ${LAN.router}`;
}
