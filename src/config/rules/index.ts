import { carried } from "./carried.ts";
import { firewallHolds, firewallKnowsTransport, firewallNarrowsWholeAddress } from "./cloudFirewall.ts";
import { followHasAnEndpoint, unreadPrefix } from "./dialling.ts";
import { equalEndpoints } from "./equalEndpoints.ts";
import { follow, followHostKey } from "./follow.ts";
import { homeNames } from "./homeNames.ts";
import { homePrefix, unlikelyPrefix } from "./homePrefix.ts";
import { hostKey } from "./hostKey.ts";
import { ipv6AddressesDiffer, ipv6IsRouted } from "./ipv6.ts";
import { keyPath } from "./keyPath.ts";
import { lanPrefix } from "./lanPrefix.ts";
import { managementAgrees, managementPort } from "./managementPort.ts";
import { overlappingPorts } from "./overlappingPorts.ts";
import { paths } from "./paths.ts";
import { portRange } from "./portRange.ts";
import { clientsAreHidden, proxyProtocolIsSpoken, relayedEgress, relayedManagementPort } from "./relayed.ts";
import type { Rule } from "./rule.ts";
import { serverEgress } from "./serverEgress.ts";
import { serviceHome } from "./serviceHome.ts";
import { serviceKind } from "./serviceKind.ts";
import { serviceTarget } from "./serviceTarget.ts";
import { sshHost } from "./sshHost.ts";
import { targetInLan } from "./targetInLan.ts";
import { oneWholeAddress, ownServerIsEmptied, ownServerKeepsSsh } from "./wholeAddress.ts";
import { wireguardIsMeant, wireguardPort } from "./wireguard.ts";

/** What a config must keep before anything is made; in the order in which faults are told. */
export const rules: readonly Rule[] = [
  sshHost,
  hostKey,
  keyPath,
  managementAgrees,
  homeNames,
  homePrefix,
  follow,
  followHostKey,
  followHasAnEndpoint,
  equalEndpoints,
  lanPrefix,
  serviceKind,
  portRange,
  serviceTarget,
  serviceHome,
  targetInLan,
  overlappingPorts,
  oneWholeAddress,
  managementPort,
  ownServerKeepsSsh,
  serverEgress,
  wireguardIsMeant,
  wireguardPort,
  ipv6IsRouted,
  ipv6AddressesDiffer,
  paths,
  carried,
  firewallKnowsTransport,
  firewallHolds,
  proxyProtocolIsSpoken,
  relayedEgress,
  relayedManagementPort,
];

/** What is likely not meant, and told without stopping. */
export const warningRules: readonly Rule[] = [
  unlikelyPrefix,
  unreadPrefix,
  ownServerIsEmptied,
  clientsAreHidden,
  firewallNarrowsWholeAddress,
];
