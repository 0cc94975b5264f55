import type { Declared } from "./stack.ts";

/** A change of the config that one `up` makes. */
export interface Turn {
  readonly name: string;
  readonly change: (declared: Declared) => Declared;
  /** Whether what runs meanwhile goes on. @default false */
  readonly goesOn?: boolean;
  /** What is to hold after it. */
  readonly prove: () => Promise<void>;
}

/** Two series of turns as one, the nth of each by one `up`. */
export function joined(some: readonly Turn[], others: readonly Turn[]): Turn[] {
  return Array.from({ length: Math.max(some.length, others.length) }, (_, index) => {
    const turns = [some[index], others[index]].filter((turn) => turn !== undefined);
    return {
      name: turns.map(({ name }) => name).join("; "),
      goesOn: turns.some(({ goesOn }) => goesOn === true),
      change: (declared) => turns.reduce((changed, turn) => turn.change(changed), declared),
      prove: async () => {
        for (const turn of turns) await turn.prove();
      },
    };
  });
}
