import { ApiError } from "./errors.ts";

/** Calls that one token may make: a bucket that refills evenly. */
export interface RateLimit {
  /** Size of the bucket; the real service has 3,600. */
  limit: number;
  /** Calls given back each second; the real service gives back 1. */
  perSecond?: number;
}

/** Counts one token's calls and says what the RateLimit headers are to be. */
export class RateLimiter {
  readonly #limit: number;
  readonly #perSecond: number;
  #left: number;
  #at = performance.now();

  constructor({ limit, perSecond = limit / 3600 }: RateLimit) {
    this.#limit = limit;
    this.#perSecond = perSecond;
    this.#left = limit;
  }

  /**
   * Takes one call out of the bucket.
   * @throws ApiError 429 when it is empty.
   */
  take(): void {
    const now = performance.now();
    this.#left = Math.min(this.#limit, this.#left + ((now - this.#at) / 1000) * this.#perSecond);
    this.#at = now;
    if (this.#left < 1)
      throw new ApiError(429, "rate_limit_exceeded", `limit of ${this.#limit} requests per hour reached`);
    this.#left -= 1;
  }

  /** Reset is the second (Unix time) at which the bucket is full again. */
  headers(): Record<string, string> {
    const secondsToFull = (this.#limit - this.#left) / this.#perSecond;
    return {
      "RateLimit-Limit": String(this.#limit),
      "RateLimit-Remaining": String(Math.floor(this.#left)),
      "RateLimit-Reset": String(Math.ceil(Date.now() / 1000 + secondsToFull)),
    };
  }
}
