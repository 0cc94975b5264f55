/** An answer of the API other than success, with the code by which programs tell errors apart. */
export class HcloudError extends Error {
  readonly code: string;

  constructor(message: string, code: string) {
    super(`${message} (${code})`);
    this.code = code;
  }
}

/** What the API says about something that takes time. */
export interface Action {
  id: number;
  status: "running" | "success" | "error";
  error: { code: string; message: string } | null;
}

// The codes and the number of tries of Hetzner's own Go client, whose behaviour the real plugin has.
const TRY_AGAIN = new Set(["conflict", "rate_limit_exceeded", "bad_gateway", "timeout"]);
const TRIES = 6;
const PAGE = 50;

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** A client of the Hetzner Cloud API. */
export class HcloudApi {
  readonly #endpoint: string;
  readonly #token: string;
  readonly #pollMilliseconds: number;

  /** @param endpoint the address that ends in /v1 */
  constructor(endpoint: string, token: string, pollMilliseconds = 500) {
    this.#endpoint = endpoint.replace(/\/$/, "");
    this.#token = token;
    this.#pollMilliseconds = pollMilliseconds;
  }

  /**
   * One call; what may be tried again is, with growing pauses.
   * @throws HcloudError for an answer other than success
   */
  async call<T>(method: string, path: string, body?: unknown): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#once<T>(method, path, body);
      } catch (error) {
        if (!(error instanceof HcloudError) || !TRY_AGAIN.has(error.code) || attempt === TRIES) throw error;
        await pause(2 ** (attempt - 1) * 500 * (1 + Math.random()));
      }
    }
  }

  async #once<T>(method: string, path: string, body: unknown): Promise<T> {
    const url = `${this.#endpoint}${path}`;
    let response: Response;
    try {
      response = await fetch(url, {
        method,
        headers: { Authorization: `Bearer ${this.#token}`, "Content-Type": "application/json" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    } catch (error) {
      const cause = (error as Error).cause;
      throw new Error(`${method} ${url}: ${cause instanceof Error ? cause.message : String(error)}`);
    }
    const text = await response.text();
    if (response.ok) return (text === "" ? undefined : JSON.parse(text)) as T;
    let told: { code?: string; message?: string } | undefined;
    try {
      told = JSON.parse(text).error;
    } catch {
      // Not the API's own answer: the status has to do.
    }
    throw new HcloudError(
      told?.message ?? `HTTP status ${response.status}`,
      told?.code ?? `${response.status}`,
    );
  }

  /** The same, with undefined for what is not there. */
  async find<T>(path: string): Promise<T | undefined> {
    try {
      return await this.call<T>("GET", path);
    } catch (error) {
      if (error instanceof HcloudError && error.code === "not_found") return undefined;
      throw error;
    }
  }

  /** Every entry of a list, page after page. */
  async list<T>(plural: string, query: Record<string, string> = {}): Promise<T[]> {
    const all: T[] = [];
    for (let page: number | null = 1; page !== null; ) {
      const asked = new URLSearchParams({ ...query, page: String(page), per_page: String(PAGE) });
      type Page = Record<string, T[]> & { meta: { pagination: { next_page: number | null } } };
      const answer: Page = await this.call<Page>("GET", `/${plural}?${asked}`);
      all.push(...(answer[plural] ?? []));
      page = answer.meta.pagination.next_page;
    }
    return all;
  }

  /** By id when it looks like one and there is one, else by name. */
  async byIdOrName<T>(plural: string, singular: string, key: string): Promise<T | undefined> {
    const byId = /^\d+$/.test(key) ? await this.find<Record<string, T>>(`/${plural}/${key}`) : undefined;
    return byId?.[singular] ?? (await this.list<T>(plural, { name: key }))[0];
  }

  /**
   * Waits for the end of actions.
   * @throws Error with the action's own message when one fails
   */
  async settle(...actions: (Action | null | undefined)[]): Promise<void> {
    for (const started of actions) {
      let action = started;
      while (action?.status === "running") {
        await pause(this.#pollMilliseconds);
        action = (await this.call<{ action: Action }>("GET", `/actions/${action.id}`)).action;
      }
      if (action?.status === "error")
        throw new Error(
          `${action.error?.message ?? "action failed"} (${action.error?.code ?? "unknown"}, action ${action.id})`,
        );
    }
  }

  /** Calls for an action and waits for its end. */
  async act(path: string, body?: unknown): Promise<void> {
    await this.settle((await this.call<{ action: Action }>("POST", path, body)).action);
  }
}
