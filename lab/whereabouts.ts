/**
 * How to get to each place of the lab: a namespace, or SSH to a machine with its host key pinned.
 */
import { cloudServers, keyPair } from "./machine/index.ts";
import { debianHomeHost } from "./network/debian-home.ts";
import { CORE, OPERATOR } from "./network/internet.ts";
import { IOT, SERVER, SERVER2 } from "./network/lan.ts";
import type { Namespace } from "./network/namespaces.ts";
import type { SshTarget } from "./network/ssh.ts";
import { type Home, INTERNET, LAN } from "./network/topology.ts";
import { namespacePlace, type Place, sshPlace } from "./proof/places.ts";

/** Places that are namespaces. */
const NAMESPACES: Readonly<Record<string, Namespace>> = {
  operator: OPERATOR,
  client: "lab-client",
  internet: CORE,
  server: SERVER,
  server2: SERVER2,
  iot: IOT,
};

/** Where a place is. */
export type Whereabouts =
  | { readonly kind: "namespace"; readonly namespace: Namespace }
  | { readonly kind: "ssh"; readonly target: SshTarget };

/**
 * Finds a place by its name.
 * @throws Error that lists the places when there is none of that name
 */
export async function whereIs(place: string, homes: readonly Home[]): Promise<Whereabouts> {
  const home = homes.find(({ name }) => name === place);
  if (home) return { kind: "ssh", target: await homeTarget(home) };
  if (place === "relay") return { kind: "ssh", target: await relayTarget() };
  if (place === "isp") return { kind: "ssh", target: await ispTarget() };
  // A Debian home is its own server.
  const [first] = homes;
  if (place === "server" && first?.kind === "debian") return { kind: "ssh", target: await homeTarget(first) };
  const namespace = NAMESPACES[place];
  if (namespace) return { kind: "namespace", namespace };
  const known = [...Object.keys(NAMESPACES), "relay", "isp", ...homes.map(({ name }) => name)];
  throw new Error(`No place "${place}" in the lab. There are: ${known.join(", ")}.`);
}

/** A place by its name, to run commands at. @throws Error that lists the places when there is none of that name */
export async function placeNamed(name: string, homes: readonly Home[]): Promise<Place> {
  const where = await whereIs(name, homes);
  return where.kind === "namespace" ? namespacePlace(where.namespace) : sshPlace(async () => where.target);
}

/** How the operator logs in to a home's machine. @throws Error for a home whose router is the user's own */
export async function homeTarget(home: Home): Promise<SshTarget> {
  if (home.kind === "none")
    throw new Error(`The router of ${home.name} is yours: log in to it your own way.`);
  const host = home.kind === "openwrt" ? LAN.router : debianHomeHost(home);
  return { namespace: OPERATOR, host, hostKey: (await keyPair(`${home.name}-host`)).publicKey };
}

/** How the operator logs in to the newest server of the cloud; its host key is in its user data. */
export async function relayTarget(): Promise<SshTarget> {
  const server = (await cloudServers()).sort((a, b) => b.order.id - a.order.id)[0];
  if (!server) throw new Error("The cloud has no server: run `pulumi up` first.");
  const { ipv6Prefix, publicIpv4, userData } = server.order;
  const hostKey = /ed25519_public["']?\s*:\s*["']?(ssh-ed25519 [A-Za-z0-9+/=]+)/.exec(userData ?? "")?.[1];
  if (!hostKey) throw new Error(`The user data of the server "${server.order.name}" has no host key to pin.`);
  const host = ipv6Prefix?.replace(/::\/64$/, "::1") ?? publicIpv4;
  if (!host) throw new Error(`The server "${server.order.name}" has no address.`);
  return { namespace: OPERATOR, host, hostKey };
}

async function ispTarget(): Promise<SshTarget> {
  return { namespace: CORE, host: INTERNET.isp.ipv6, hostKey: (await keyPair("isp-host")).publicKey };
}
