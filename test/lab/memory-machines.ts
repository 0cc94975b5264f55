import type { FirewallRule, MachineOrder, Machines } from "../../lab/cloud/index.ts";

/** Machines that are entries in a map: what the cloud asked for can be looked at. */
export class MemoryMachines implements Machines {
  readonly orders = new Map<number, MachineOrder>();
  readonly on = new Set<number>();
  /** What a firewall lets in, by the server. */
  readonly filters = new Map<number, readonly FirewallRule[]>();
  /** Every call, as `create 12`. */
  readonly log: string[] = [];
  /** When set, making a machine fails with this message. */
  failure: string | undefined;
  /** When set, making a machine waits for it. */
  gate: Promise<void> | undefined;

  async create(order: MachineOrder): Promise<void> {
    this.log.push(`create ${order.id}`);
    await this.gate;
    if (this.failure !== undefined) throw new Error(this.failure);
    this.orders.set(order.id, order);
  }

  async destroy(id: number): Promise<void> {
    this.log.push(`destroy ${id}`);
    this.on.delete(id);
    this.orders.delete(id);
    this.filters.delete(id);
  }

  async filter(id: number, rules: readonly FirewallRule[] | undefined): Promise<void> {
    this.log.push(`filter ${id}`);
    if (rules === undefined) this.filters.delete(id);
    else this.filters.set(id, rules);
  }

  async powerOn(id: number): Promise<void> {
    this.log.push(`powerOn ${id}`);
    this.on.add(id);
  }

  async powerOff(id: number): Promise<void> {
    this.log.push(`powerOff ${id}`);
    this.on.delete(id);
  }

  async reset(id: number): Promise<void> {
    this.log.push(`reset ${id}`);
  }

  async running(id: number): Promise<boolean> {
    return this.on.has(id);
  }
}
