import { ApiError } from "./errors.ts";

/** A failure on purpose, for tests of what a client does about it. */
export interface Fault {
  /** The k-th matching call since the fault was set, from 1; absent: every matching call. */
  call?: number;
  /** Only calls of this method, such as `POST`. */
  method?: string;
  /** Only calls whose path below /v1 matches. */
  path?: RegExp;
  /** `before` (the default): nothing happens. `after`: it happens, and the answer is lost. */
  when?: "before" | "after";
  /** An error answer, or `hangup` to close the connection without one. */
  answer: { status: number; code: string; message: string } | "hangup";
}

/** 503 as the service sends it when a part of it is down. */
export const unavailable = {
  status: 503,
  code: "unavailable",
  message: "service is currently unavailable",
} as const;

/** The connection is to be closed with no answer. */
export class HangUp extends Error {}

/** Counts calls and picks the fault that is due. */
export class Faults {
  #armed: { fault: Fault; seen: number }[] = [];

  /** Replaces all faults and starts counting anew. */
  set(faults: Fault[]): void {
    this.#armed = faults.map((fault) => ({ fault, seen: 0 }));
  }

  /** Counts one call; returns the first fault that is due for it. */
  due(method: string, path: string): Fault | undefined {
    let hit: Fault | undefined;
    for (const armed of this.#armed) {
      const { fault } = armed;
      if (fault.method !== undefined && fault.method !== method) continue;
      if (fault.path !== undefined && !fault.path.test(path)) continue;
      armed.seen += 1;
      if (fault.call === undefined || fault.call === armed.seen) hit ??= fault;
    }
    return hit;
  }
}

/** Does what the fault says. */
export function fail({ answer }: Fault): never {
  if (answer === "hangup") throw new HangUp();
  throw new ApiError(answer.status, answer.code, answer.message);
}
