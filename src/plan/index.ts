export {
  type CloudRule,
  cloudFirewallKnows,
  lackingRules,
  neededCloudRules,
  ownCloudRules,
  type SeenRule,
} from "./cloudFirewall.ts";
export { deriveEndpoint, endpointSuffix, ipv4OfEndpoint, subnetOf } from "./endpoint.ts";
export {
  carriesIpv6,
  endpointTunnel,
  ipv6KeptOpen,
  isKnownByEndpoint,
  keepaliveUnits,
  tunnelsOf,
} from "./homes.ts";
export { plan } from "./plan.ts";
export { planTunnel } from "./tunnel.ts";
export type * from "./types.ts";
