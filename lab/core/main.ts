/**
 * The services of the core router, run as one process inside its namespace:
 * DHCP and metadata for the cloud's servers, and the package mirror.
 */
import { cloudServers } from "../machine/cloud-servers.ts";
import { MIRROR_ADDRESS } from "../machine/recipes.ts";
import { serveMirror } from "../mirror/serve.ts";
import { INTERNET } from "../network/topology.ts";
import { serveDhcp } from "./dhcp.ts";
import { serveMetadata } from "./metadata.ts";

const { gateway, metadata } = INTERNET.cloud;

await serveDhcp(async (mac) => {
  const server = (await cloudServers()).find((candidate) => candidate.mac === mac);
  const ipv4 = server?.order.publicIpv4;
  return server && ipv4 ? { ipv4, gateway, hostName: server.order.name } : undefined;
});
await serveMetadata(metadata, async (ipv4) =>
  (await cloudServers()).find((candidate) => candidate.order.publicIpv4 === ipv4),
);
await serveMirror(MIRROR_ADDRESS);
// The parent waits for this word before it boots anything.
console.log("ready");
