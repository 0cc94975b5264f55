import { z } from "zod";
import type { Actions } from "./actions.ts";
import type { Image, ServerType } from "./catalogue.ts";
import { byIdOrName, images, locations, serverTypes } from "./catalogue.ts";
import { orderable } from "./catalogue-routes.ts";
import { invalidInput, notUnique, refused } from "./errors.ts";
import type { Firewalls } from "./firewalls.ts";
import { labelsInput } from "./labels.ts";
import type { MachineOrder } from "./machines.ts";
import type { PrimaryIps } from "./primary-ips.ts";
import type { Servers } from "./servers.ts";
import type { Action, PrimaryIp, Server, SshKey, Store } from "./state.ts";
import { timestamp } from "./state.ts";

const idOrName = z.union([z.string(), z.int()]);
const MAX_USER_DATA = 32 * 1024;

/** RFC 1123: labels of letters, digits and inner hyphens. */
export const hostName = z
  .string()
  .max(253)
  .regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*$/i, {
    error: "is not a valid hostname",
  });

/** The body of `POST /servers`; what the lab's cloud cannot do is refused rather than ignored. */
export const orderBody = z.object({
  name: hostName,
  server_type: idOrName,
  image: idOrName,
  location: idOrName.optional(),
  ssh_keys: z.array(idOrName).default([]),
  user_data: z.string().max(MAX_USER_DATA, { error: "is too long" }).default(""),
  start_after_create: z.boolean().default(true),
  labels: labelsInput.default({}),
  public_net: z
    .object({
      enable_ipv4: z.boolean().default(true),
      enable_ipv6: z.boolean().default(true),
      ipv4: z.int().nullish(),
      ipv6: z.int().nullish(),
    })
    .default({ enable_ipv4: true, enable_ipv6: true }),
  datacenter: z.undefined({ error: "was removed, use location" }).optional(),
  firewalls: z.array(z.object({ firewall: z.int() })).default([]),
  networks: z.array(z.unknown()).max(0, { error: "the lab has no networks" }).optional(),
  volumes: z.array(z.unknown()).max(0, { error: "the lab has no volumes" }).optional(),
});
type Order = z.infer<typeof orderBody>;

const absent = (field: string, what: string, key: string | number) =>
  invalidInput([{ name: field, messages: [`${what} '${key}' not found`] }]);

function typeOf(wanted: string | number): ServerType {
  const type = byIdOrName(serverTypes, wanted);
  if (!type) throw absent("server_type", "server type", wanted);
  if (type.deprecation && Date.parse(type.deprecation.unavailable_after) < Date.now())
    throw invalidInput([{ name: "server_type", messages: [`server type '${type.name}' is deprecated`] }]);
  return type;
}

/**
 * The type that an ID or name stands for, if the location delivers it now.
 * @throws ApiError 412, 422
 */
export function orderableType(wanted: string | number, location: string): ServerType {
  const type = typeOf(wanted);
  if (type.monthly[location] === undefined)
    throw invalidInput([{ name: "server_type", messages: ["unsupported location for server type"] }]);
  if (!orderable(type, location)) throw refused("resource_unavailable", "error during placement", 412);
  return type;
}

function imageOf(order: Order, type: ServerType): Image {
  const named = images.filter((image) => byIdOrName([image], order.image));
  if (named.length === 0) throw absent("image", "image", order.image);
  const image = named.find((candidate) => candidate.architecture === type.architecture);
  if (!image)
    throw invalidInput([{ name: "image", messages: [`image is not for architecture ${type.architecture}`] }]);
  return image;
}

function placeOf(order: Order, type: ServerType, given: (PrimaryIp | undefined)[]): string {
  const fixed = given.find((ip) => ip !== undefined)?.location;
  const wanted =
    order.location ?? fixed ?? locations.find((location) => orderable(type, location.name))?.name;
  const location = byIdOrName(locations, wanted ?? "");
  if (wanted !== undefined && !location) throw absent("location", "location", wanted);
  if (!location) throw refused("resource_unavailable", "error during placement", 412);
  orderableType(type.id, location.name);
  return location.name;
}

function keysOf(order: Order, keys: SshKey[]): SshKey[] {
  return order.ssh_keys.map((wanted) => {
    const key = byIdOrName(keys, wanted);
    if (!key) throw absent("ssh_keys", "SSH key", wanted);
    return key;
  });
}

/**
 * Makes a server: everything is checked first, so that a refused order leaves nothing behind.
 * @returns the server, the action that makes it, and the one that then starts it
 * @throws ApiError 409, 412, 422
 */
export function placeOrder(
  order: Order,
  store: Store,
  actions: Actions,
  ips: PrimaryIps,
  firewalls: Firewalls,
  servers: Servers,
): { server: Server; action: Action; next: Action[] } {
  if (servers.all.some((server) => server.name === order.name))
    throw notUnique("server name is already used", "name");
  const type = typeOf(order.server_type);
  const image = imageOf(order, type);
  const keys = keysOf(order, store.state.sshKeys);
  const guards = order.firewalls.map(({ firewall: id }) => {
    const found = firewalls.all.find((firewall) => firewall.id === id);
    if (!found) throw absent("firewalls", "firewall", id);
    return found;
  });
  const net = order.public_net;
  const given = {
    ipv4: net.enable_ipv4 && net.ipv4 ? ips.get(net.ipv4) : undefined,
    ipv6: net.enable_ipv6 && net.ipv6 ? ips.get(net.ipv6) : undefined,
  };
  const location = placeOf(order, type, [given.ipv4, given.ipv6]);
  for (const [family, ip] of Object.entries(given))
    if (ip) ips.refuseForNewServer(ip, family as PrimaryIp["type"], location);

  const server: Server = {
    id: store.newId(),
    name: order.name,
    server_type: type.id,
    image: image.id,
    location,
    labels: order.labels,
    protection: { delete: false, rebuild: false },
    created: timestamp(),
  };
  servers.all.push(server);
  for (const family of ["ipv4", "ipv6"] as const) {
    if (!net[`enable_${family}`]) continue;
    const ip = given[family] ?? ips.create({ type: family, location, auto_delete: true });
    ip.assignee_id = server.id;
  }
  for (const firewall of guards) firewalls.hold(firewall, server.id);
  store.save();

  const ipv4 = ips.of(server.id, "ipv4")?.ip;
  const ipv6 = ips.of(server.id, "ipv6")?.ip;
  const machine: MachineOrder = {
    id: server.id,
    name: server.name,
    image: image.name,
    memoryMiB: type.memory * 1024,
    sshKeys: keys.map((key) => key.public_key),
    ...(ipv4 === undefined ? {} : { publicIpv4: ipv4 }),
    ...(ipv6 === undefined ? {} : { ipv6Prefix: ipv6 }),
    ...(order.user_data === "" ? {} : { userData: order.user_data }),
  };
  const on = [{ id: server.id, type: "server" }];
  const action = actions.start("create_server", on, async () => {
    await servers.machines.create(machine);
    // Before it runs: nothing reaches it that the firewall would have dropped.
    if (guards.length > 0) await firewalls.filter(server.id);
  });
  const start = () => actions.start("start_server", on, () => servers.machines.powerOn(server.id), action);
  return { server, action, next: order.start_after_create ? [start()] : [] };
}
