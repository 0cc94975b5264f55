import type { Actions } from "./actions.ts";
import type { AddressPool } from "./addresses.ts";
import { nextFree } from "./addresses.ts";
import { byIdOrName, locations } from "./catalogue.ts";
import { deleteProtected, notFound, notUnique, refused } from "./errors.ts";
import type { Action, PrimaryIp, Server, Store } from "./state.ts";
import { timestamp } from "./state.ts";

/** Name servers that the reverse entry of an IPv4 address looks like. */
const reverseName = (ip: string) => `static.${ip.split(".").reverse().join(".")}.clients.your-server.de`;

/** The reverse DNS entry that every IPv4 address starts with. */
export function dnsPtr(ip: PrimaryIp): { ip: string; dns_ptr: string }[] {
  return ip.type === "ipv4" ? [{ ip: ip.ip, dns_ptr: reverseName(ip.ip) }] : [];
}

/** What is done with primary IPs; the routes and the servers both come here. */
export class PrimaryIps {
  readonly #store: Store;
  readonly #actions: Actions;
  readonly #pool: AddressPool;

  constructor(store: Store, actions: Actions, pool: AddressPool) {
    this.#store = store;
    this.#actions = actions;
    this.#pool = pool;
  }

  get all(): PrimaryIp[] {
    return this.#store.state.primaryIps;
  }

  /** @throws ApiError 404 */
  get(id: string | number): PrimaryIp {
    const ip = this.all.find((candidate) => String(candidate.id) === String(id));
    if (!ip) throw notFound("primary ip", id);
    return ip;
  }

  of(serverId: number, type: PrimaryIp["type"]): PrimaryIp | undefined {
    return this.all.find((ip) => ip.assignee_id === serverId && ip.type === type);
  }

  /** @throws ApiError 409 */
  refuseTakenName(name: string, own?: number): void {
    if (this.all.some((ip) => ip.name === name && ip.id !== own))
      throw notUnique("primary IP name is already used", "name");
  }

  /** Takes the next free address; an absent name becomes `primary_ip-ID`, as the service does. */
  create(wanted: Pick<PrimaryIp, "type" | "location"> & Partial<PrimaryIp>): PrimaryIp {
    if (wanted.name !== undefined) this.refuseTakenName(wanted.name);
    const { cursor } = this.#store.state;
    const used = new Set(this.all.map((ip) => ip.ip));
    const next = nextFree(this.#pool[wanted.type], used, cursor[wanted.type]);
    cursor[wanted.type] = next.cursor;
    const id = this.#store.newId();
    const ip: PrimaryIp = {
      name: `primary_ip-${id}`,
      assignee_id: null,
      auto_delete: false,
      labels: {},
      protection: { delete: false },
      ...wanted,
      id,
      ip: next.ip,
      created: timestamp(),
    };
    this.all.push(ip);
    this.#store.save();
    return ip;
  }

  /** @throws ApiError 422 or 412 with the codes that the reference lists for server creation. */
  refuseForNewServer(ip: PrimaryIp, type: PrimaryIp["type"], location: string | undefined): void {
    if (ip.type !== type)
      throw refused("primary_ip_version_mismatch", `primary IP ${ip.id} is not of type ${type}`, 412);
    if (ip.assignee_id !== null)
      throw refused("primary_ip_assigned", `primary IP ${ip.id} is already assigned to a server`);
    if (location !== undefined && ip.location !== location)
      throw refused(
        "primary_ip_datacenter_mismatch",
        `primary IP ${ip.id} is in ${ip.location}, not ${location}`,
      );
  }

  /** Gives the address to a server that is off. @throws ApiError 422, 423 */
  assign(ip: PrimaryIp, server: Server, serverIsOff: boolean): Action {
    if (ip.assignee_id !== null)
      throw refused("primary_ip_already_assigned", "primary IP is already assigned to a different server");
    if (this.of(server.id, ip.type))
      throw refused(`server_has_${ip.type}`, `the server already has an ${ip.type} address`);
    if (ip.location !== server.location)
      throw refused("primary_ip_datacenter_mismatch", `primary IP ${ip.id} is in ${ip.location}`);
    return this.#change("assign_primary_ip", ip, server.id, serverIsOff, server.id);
  }

  /** Takes the address from a server that is off. @throws ApiError 422, 423 */
  unassign(ip: PrimaryIp, serverIsOff: boolean): Action {
    if (ip.assignee_id === null) throw refused("primary_ip_not_assigned", "primary IP is not assigned");
    return this.#change("unassign_primary_ip", ip, ip.assignee_id, serverIsOff, null);
  }

  #change(command: string, ip: PrimaryIp, server: number, off: boolean, assignee: number | null): Action {
    if (!off) throw refused("server_not_stopped", "the server must be powered off for this operation");
    this.#actions.refuseIfLocked("server", server);
    const resources = [
      { id: ip.id, type: "primary_ip" },
      { id: server, type: "server" },
    ];
    return this.#actions.start(command, resources, async () => {
      ip.assignee_id = assignee;
    });
  }

  /** @throws ApiError 422 while assigned, 423 when protected. */
  delete(ip: PrimaryIp): void {
    if (ip.protection.delete) throw deleteProtected("primary IP");
    if (ip.assignee_id !== null)
      throw refused("must_be_unassigned", "primary IP must be unassigned before it is deleted");
    this.all.splice(this.all.indexOf(ip), 1);
    this.#store.save();
  }

  /** After a server's deletion: its addresses go too, or are free again. */
  release(serverId: number): void {
    for (const ip of this.all.filter((candidate) => candidate.assignee_id === serverId)) {
      ip.assignee_id = null;
      if (ip.auto_delete) this.all.splice(this.all.indexOf(ip), 1);
    }
    this.#store.save();
  }
}

/** A primary IP as the API shows it since August 2026: `unassigned` is an assignee type. */
export function showPrimaryIp(ip: PrimaryIp) {
  return {
    ...ip,
    assignee_type: ip.assignee_id === null ? "unassigned" : "server",
    blocked: false,
    dns_ptr: dnsPtr(ip),
    location: byIdOrName(locations, ip.location),
  };
}
