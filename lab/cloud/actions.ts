import { locked } from "./errors.ts";
import type { Action, Store } from "./state.ts";
import { timestamp } from "./state.ts";

/** Runs what takes time. */
export class Actions {
  readonly #store: Store;
  /** What runs now, by action id; each promise resolves, also when the work fails. */
  readonly #runs = new Map<number, Promise<void>>();

  constructor(store: Store) {
    this.#store = store;
  }

  /** The command that runs on a resource now. */
  running(type: string, id: number): string | undefined {
    return this.#store.state.actions.find(
      (action) =>
        action.status === "running" &&
        action.resources.some((resource) => resource.type === type && resource.id === id),
    )?.command;
  }

  /** @throws ApiError 423 while an action runs on the resource. */
  refuseIfLocked(type: string, id: number): void {
    if (this.running(type, id) !== undefined) throw locked(type.replace("_", " "));
  }

  /**
   * Starts an action and returns it, running.
   * @param work what it does; when it fails, so does the action, with that message
   * @param after an action that has to succeed first
   */
  start(command: string, resources: Action["resources"], work: () => Promise<void>, after?: Action): Action {
    const action: Action = {
      id: this.#store.newId(),
      command,
      status: "running",
      progress: 0,
      started: timestamp(),
      finished: null,
      resources,
      error: null,
    };
    this.#store.state.actions.push(action);
    this.#store.save();
    this.#runs.set(action.id, this.#run(action, work, after));
    return action;
  }

  async #run(action: Action, work: () => Promise<void>, after: Action | undefined): Promise<void> {
    try {
      await (after ? this.#runs.get(after.id) : undefined);
      if (after?.status === "error") throw new Error(`${after.command} failed`);
      action.progress = 50;
      await work();
      action.status = "success";
    } catch (error) {
      action.status = "error";
      action.error = {
        code: "action_failed",
        message: error instanceof Error ? error.message : String(error),
      };
    }
    action.progress = 100;
    action.finished = timestamp();
    this.#runs.delete(action.id);
    this.#store.save();
  }

  /** Ends when nothing runs any more. */
  async idle(): Promise<void> {
    while (this.#runs.size > 0) await Promise.all(this.#runs.values());
  }
}
