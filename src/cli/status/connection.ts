import { type Answer, type Session, type Target, withSession } from "../../deliver/index.ts";

/** One SSH connection to an end that stays open over many questions, and is made anew after it was lost. */
export class Connection implements Session {
  readonly #target: Target;
  #open: Promise<{ session: Session; close: () => void }> | undefined;

  constructor(target: Target) {
    this.#target = target;
  }

  /** @throws VisibleError when the end cannot be reached, or is lost meanwhile */
  async run(command: string, stdin?: string): Promise<Answer> {
    this.#open ??= open(this.#target);
    try {
      const { session } = await this.#open;
      return await session.run(command, stdin);
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    const opened = this.#open;
    this.#open = undefined;
    await opened?.then(({ close }) => close()).catch(() => {});
  }
}

function open(target: Target): Promise<{ session: Session; close: () => void }> {
  return new Promise((resolve, reject) => {
    withSession(target, (session) => new Promise<void>((close) => resolve({ session, close }))).catch(reject);
  });
}
