import { step } from "../progress.ts";
import type { Places } from "./places.ts";
import type { Report } from "./proof.ts";
import { changeConfig, type Declared, type Pulumi } from "./stack.ts";
import { type Transfer, unnoticed, whileTransferring } from "./transfers.ts";

/** A change of the config that one `up` makes. */
export interface Turn {
  readonly name: string;
  readonly change: (declared: Declared) => Partial<Declared>;
  /** Whether what runs meanwhile goes on. @default false */
  readonly goesOn?: boolean;
  /** What is to hold after it. */
  readonly prove: () => Promise<void>;
}

/**
 * Takes a turn, while transfers run if they are to go on, and proves what is to hold then.
 *
 * @param others transfers beside those to the relay's public address
 */
export async function take(
  { name, change, goesOn, prove }: Turn,
  report: Report,
  pulumi: Pulumi,
  places: Places,
  relay: string,
  others: readonly Transfer[] = [],
): Promise<void> {
  await changeConfig(change);
  const up = async () => void (await step(`pulumi up: ${name}`, () => pulumi.up()));
  if (goesOn === true) await whileTransferring(report, places, relay, name, unnoticed, up, others);
  else await up();
  await prove();
}

/** Two series of turns as one, the nth of each by one `up`. */
export function joined(some: readonly Turn[], others: readonly Turn[]): Turn[] {
  return Array.from({ length: Math.max(some.length, others.length) }, (_, index) => {
    const turns = [some[index], others[index]].filter((turn) => turn !== undefined);
    return {
      name: turns.map(({ name }) => name).join("; "),
      goesOn: turns.some(({ goesOn }) => goesOn === true),
      change: (declared) =>
        turns.reduce((changed, turn) => ({ ...changed, ...turn.change(changed) }), declared),
      prove: async () => {
        for (const turn of turns) await turn.prove();
      },
    };
  });
}
