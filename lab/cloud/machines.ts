import type { FirewallRule } from "./state.ts";

/** What a machine is made from; everything else about a server is the cloud's own bookkeeping. */
export interface MachineOrder {
  /** The server's id in the API; names the machine in every later call. */
  id: number;
  /** Host name. */
  name: string;
  /** Name of the system image, such as `debian-13`. */
  image: string;
  /** Memory in MiB, as the server type has it; an implementation may give less. */
  memoryMiB: number;
  /** The public IPv4 address, without a prefix length; absent when the server has none. */
  publicIpv4?: string;
  /** The routed /64, such as `2001:db8:1:1::/64`; absent when the server has none. */
  ipv6Prefix?: string;
  /** cloud-init user data as the caller sent it. */
  userData?: string;
  /** Public keys for root, one line each. */
  sshKeys: string[];
}

/**
 * What the stand-in cloud needs from whatever runs the machines.
 * A call that fails makes the API's action end with `error`; its message becomes the action's.
 */
export interface Machines {
  /** Makes the machine and leaves it off. */
  create(order: MachineOrder): Promise<void>;
  /** Takes the machine and its disk away; quietly done when there is none. */
  destroy(id: number): Promise<void>;
  /** Starts it; quietly done when it runs. Does not wait for the guest to have booted. */
  powerOn(id: number): Promise<void>;
  /** Pulls the plug; quietly done when it is off. */
  powerOff(id: number): Promise<void>;
  /** Presses reset on a running machine. */
  reset(id: number): Promise<void>;
  /** Lets in what a rule allows and nothing else; without rules, everything. */
  filter(id: number, rules: readonly FirewallRule[] | undefined): Promise<void>;
  /** Whether it runs now; false for an id that is not known. */
  running(id: number): Promise<boolean>;
}
