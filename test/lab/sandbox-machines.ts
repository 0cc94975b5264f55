import type { MachineOrder, Machines } from "../../lab/cloud/index.ts";
import type { KeyPair } from "../../src/deliver/index.ts";
import { Sandbox } from "../deliver/sandbox/sandbox.ts";

/** Machines that are sandboxes: they boot in no time, with the host key of their user data. */
export class SandboxMachines implements Machines {
  readonly #login: KeyPair;
  readonly #running = new Map<number, Sandbox>();

  /** @param login who may log in, whichever key the order names */
  constructor(login: KeyPair) {
    this.#login = login;
  }

  /** Those that there are, the last one last. */
  get all(): Sandbox[] {
    return [...this.#running.values()];
  }

  async create({ id, name, userData = "" }: MachineOrder): Promise<void> {
    const { ssh_keys: keys } = JSON.parse(userData.replace(/^#.*\n/, ""));
    const hostKey = { private: keys.ed25519_private, public: keys.ed25519_public };
    this.#running.set(id, await Sandbox.start(name, { hostKey, login: this.#login }));
  }

  async destroy(id: number): Promise<void> {
    const sandbox = this.#running.get(id);
    this.#running.delete(id);
    await sandbox?.stop();
  }

  async running(id: number): Promise<boolean> {
    return this.#running.has(id);
  }

  async filter(): Promise<void> {}
  async powerOn(): Promise<void> {}
  async powerOff(): Promise<void> {}
  async reset(): Promise<void> {}
}
