/**
 * The metadata service at 169.254.169.254 that cloud-init asks for a server's name, keys, addresses
 * and user data. Stands in for Hetzner's; leaves out private networks and vendor data.
 * Paths and fields: cloud-init's DataSourceHetzner.
 */
import { createServer } from "node:http";
import type { CloudServer } from "../machine/cloud-servers.ts";

/** Serves metadata until the process ends. @param serverOf finds a server by the address that asks */
export function serveMetadata(
  address: string,
  serverOf: (ipv4: string) => Promise<CloudServer | undefined>,
): Promise<void> {
  const http = createServer(async (request, response) => {
    const server = await serverOf(request.socket.remoteAddress ?? "");
    const text = server && document(request.url ?? "", server);
    response.writeHead(text === undefined ? 404 : 200, { "content-type": "text/plain" }).end(text);
  });
  return new Promise((resolve, reject) => {
    http.on("error", reject);
    http.listen(80, address, resolve);
  });
}

/** The document at a path; nothing where there is none. JSON is YAML, which cloud-init reads. */
export function document(path: string, server: CloudServer): string | undefined {
  const { order, mac } = server;
  switch (path.replace(/\/$/, "")) {
    case "/hetzner/v1/metadata":
      return JSON.stringify({
        "instance-id": order.id,
        hostname: order.name,
        "public-ipv4": order.publicIpv4,
        "public-keys": order.sshKeys,
        region: "lab",
        "availability-zone": "lab-dc1",
        "network-config": { version: 1, config: [device(order.ipv6Prefix, mac)] },
      });
    case "/hetzner/v1/metadata/instance-id":
      return String(order.id);
    case "/hetzner/v1/metadata/hostname":
      return order.name;
    case "/hetzner/v1/metadata/public-ipv4":
      return order.publicIpv4;
    case "/hetzner/v1/metadata/private-networks":
      return "[]";
    case "/hetzner/v1/userdata":
      return order.userData;
    default:
      return undefined;
  }
}

function device(prefix: string | undefined, mac: string) {
  const ipv6 = prefix && {
    type: "static",
    ipv6: true,
    address: prefix.replace(/::\/64$/, "::1/64"),
    gateway: "fe80::1",
  };
  return {
    type: "physical",
    name: "eth0",
    mac_address: mac,
    subnets: [{ type: "dhcp", ipv4: true }, ...(ipv6 ? [ipv6] : [])],
  };
}
