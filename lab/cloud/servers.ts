import type { Actions } from "./actions.ts";
import { byIdOrName, images, locations, serverTypes } from "./catalogue.ts";
import { showImage, showServerType } from "./catalogue-routes.ts";
import { deleteProtected, notFound } from "./errors.ts";
import type { Firewalls } from "./firewalls.ts";
import type { Machines } from "./machines.ts";
import type { PrimaryIps } from "./primary-ips.ts";
import { dnsPtr } from "./primary-ips.ts";
import type { Action, Server, Store } from "./state.ts";

/** The status that a server shows while an action runs on it; otherwise it is running or off. */
const transitional: Record<string, string> = {
  create_server: "initializing",
  start_server: "starting",
  stop_server: "stopping",
  shutdown_server: "stopping",
  delete_server: "deleting",
};

/** Servers as they are, and the end of one; making one is in server-order.ts. */
export class Servers {
  readonly #store: Store;
  readonly #actions: Actions;
  readonly #ips: PrimaryIps;
  readonly #firewalls: Firewalls;
  readonly machines: Machines;

  constructor(store: Store, actions: Actions, ips: PrimaryIps, firewalls: Firewalls, machines: Machines) {
    this.#store = store;
    this.#actions = actions;
    this.#ips = ips;
    this.#firewalls = firewalls;
    this.machines = machines;
  }

  get all(): Server[] {
    return this.#store.state.servers;
  }

  /** @throws ApiError 404 */
  get(id: string | number): Server {
    const server = this.all.find((candidate) => String(candidate.id) === String(id));
    if (!server) throw notFound("server", id);
    return server;
  }

  /** What the machine does now: the guest may have switched itself off. */
  async status(server: Server): Promise<string> {
    const command = this.#actions.running("server", server.id);
    const passing = command === undefined ? undefined : transitional[command];
    return passing ?? ((await this.machines.running(server.id)) ? "running" : "off");
  }

  /** Starts an action on the server that is the machine's work. @throws ApiError 423 while another runs. */
  act(command: string, server: Server, work: () => Promise<void>): Action {
    this.#actions.refuseIfLocked("server", server.id);
    return this.#actions.start(command, [{ id: server.id, type: "server" }], work);
  }

  /** Takes the machine away, then the server. @throws ApiError 423 when protected or locked. */
  delete(server: Server): Action {
    if (server.protection.delete) throw deleteProtected("server");
    return this.act("delete_server", server, async () => {
      await this.machines.destroy(server.id);
      this.all.splice(this.all.indexOf(server), 1);
      this.#ips.release(server.id);
      this.#firewalls.release(server.id);
    });
  }

  /** A server as the API shows it since July 2026: a location, no data centre. */
  async show(server: Server) {
    const type = serverTypes.find((candidate) => candidate.id === server.server_type);
    const image = images.find((candidate) => candidate.id === server.image);
    return {
      id: server.id,
      name: server.name,
      status: await this.status(server),
      created: server.created,
      public_net: this.#publicNet(server),
      private_net: [],
      server_type: type ? showServerType(type) : null,
      location: byIdOrName(locations, server.location),
      image: image ? showImage(image) : null,
      iso: null,
      rescue_enabled: false,
      locked: this.#actions.running("server", server.id) !== undefined,
      backup_window: null,
      outgoing_traffic: 0,
      ingoing_traffic: 0,
      included_traffic: 20 * 1024 ** 4,
      protection: server.protection,
      labels: server.labels,
      volumes: [],
      load_balancers: [],
      primary_disk_size: type?.disk ?? 0,
      placement_group: null,
    };
  }

  #publicNet({ id }: Server) {
    const ipv4 = this.#ips.of(id, "ipv4");
    const ipv6 = this.#ips.of(id, "ipv6");
    return {
      ipv4: ipv4
        ? { id: ipv4.id, ip: ipv4.ip, blocked: false, dns_ptr: dnsPtr(ipv4)[0]?.dns_ptr ?? null }
        : null,
      ipv6: ipv6 ? { id: ipv6.id, ip: ipv6.ip, blocked: false, dns_ptr: [] } : null,
      floating_ips: [],
      firewalls: this.#firewalls.of(id).map((firewall) => ({ id: firewall.id, status: "applied" })),
    };
  }
}
