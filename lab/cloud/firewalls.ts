import type { Actions } from "./actions.ts";
import { notFound, notUnique, refused } from "./errors.ts";
import type { Action, Firewall, FirewallRule, Server, Store } from "./state.ts";
import { timestamp } from "./state.ts";

/** What lets a server's packets in: without a firewall everything (undefined), else what any rule of any firewall allows. */
type SetFilter = (serverId: number, rules: readonly FirewallRule[] | undefined) => Promise<void>;

/** What is done with firewalls; the routes and the servers both come here. */
export class Firewalls {
  readonly #store: Store;
  readonly #actions: Actions;
  readonly #setFilter: SetFilter;

  constructor(store: Store, actions: Actions, setFilter: SetFilter) {
    this.#store = store;
    this.#actions = actions;
    this.#setFilter = setFilter;
  }

  get all(): Firewall[] {
    return this.#store.state.firewalls;
  }

  /** @throws ApiError 404 */
  get(id: string | number): Firewall {
    const firewall = this.all.find((candidate) => String(candidate.id) === String(id));
    if (!firewall) throw notFound("firewall", id);
    return firewall;
  }

  of(serverId: number): Firewall[] {
    return this.all.filter(({ servers }) => servers.includes(serverId));
  }

  /** @throws ApiError 409 */
  refuseTakenName(name: string, own?: number): void {
    if (this.all.some((firewall) => firewall.name === name && firewall.id !== own))
      throw notUnique("firewall name is already used", "name");
  }

  create(wanted: Pick<Firewall, "name" | "labels" | "rules">): Firewall {
    this.refuseTakenName(wanted.name);
    const firewall = { ...wanted, id: this.#store.newId(), servers: [], created: timestamp() };
    this.all.push(firewall);
    this.#store.save();
    return firewall;
  }

  /** Replaces all rules, on every server that has the firewall. */
  setRules(firewall: Firewall, rules: FirewallRule[]): Action[] {
    firewall.rules = rules;
    this.#store.save();
    const set = this.#actions.start("set_firewall_rules", [on(firewall)], async () => {});
    return [set, ...firewall.servers.map((id) => this.#filter("apply_firewall", firewall, id))];
  }

  /** @throws ApiError 422 where a server has it already */
  apply(firewall: Firewall, servers: readonly Server[]): Action[] {
    if (servers.some(({ id }) => firewall.servers.includes(id)))
      throw refused("firewall_already_applied", "firewall is already applied to resource");
    return servers.map(({ id }) => {
      this.hold(firewall, id);
      return this.#filter("apply_firewall", firewall, id);
    });
  }

  /** Notes that a server has it; its packets are filtered when the server is made. */
  hold(firewall: Firewall, serverId: number): void {
    firewall.servers.push(serverId);
    this.#store.save();
  }

  /** @throws ApiError 422 where a server does not have it */
  remove(firewall: Firewall, servers: readonly Server[]): Action[] {
    if (servers.some(({ id }) => !firewall.servers.includes(id)))
      throw refused("firewall_already_removed", "firewall is not applied to resource");
    return servers.map(({ id }) => {
      this.#forget(firewall, id);
      return this.#filter("remove_firewall", firewall, id);
    });
  }

  /** @throws ApiError 422 while a server has it */
  delete(firewall: Firewall): void {
    if (firewall.servers.length > 0)
      throw refused("resource_in_use", `firewall with ID '${firewall.id}' is still in use`);
    this.all.splice(this.all.indexOf(firewall), 1);
    this.#store.save();
  }

  /** After a server's deletion. */
  release(serverId: number): void {
    for (const firewall of this.of(serverId)) this.#forget(firewall, serverId);
  }

  /** Brings the server's packets under the rules of its firewalls. */
  async filter(serverId: number): Promise<void> {
    const own = this.of(serverId);
    await this.#setFilter(serverId, own.length === 0 ? undefined : own.flatMap(({ rules }) => rules));
  }

  #filter(command: string, firewall: Firewall, serverId: number): Action {
    const resources = [on(firewall), { id: serverId, type: "server" }];
    return this.#actions.start(command, resources, () => this.filter(serverId));
  }

  #forget(firewall: Firewall, serverId: number): void {
    firewall.servers = firewall.servers.filter((id) => id !== serverId);
    this.#store.save();
  }
}

const on = ({ id }: Firewall) => ({ id, type: "firewall" });

/** A firewall as the API shows it. */
export function showFirewall({ servers, ...firewall }: Firewall) {
  return { ...firewall, applied_to: servers.map((id) => ({ type: "server", server: { id } })) };
}
