/** One result that is asked for, or was a moment ago. */
interface Entry<Result> {
  readonly promise: Promise<Result>;
  readonly controller: AbortController;
  /** How many wait for it. The call is cancelled when nobody does any more. */
  waiting: number;
  isSettled: boolean;
  /** When it was there, in milliseconds of `now`. */
  settledAt: number;
}

/**
 * Calls by key of which one is under way at a time: whoever asks meanwhile shares it, and whoever asks soon after gets
 * the same result. Failures are kept as results are, so that a server that is down is not asked at every move.
 */
export class SharedCalls<Result> {
  readonly #entries = new Map<string, Entry<Result>>();

  /**
   * @param keepMs how long a result serves, in milliseconds
   * @param now the clock, in milliseconds
   */
  constructor(
    private readonly keepMs: number,
    private readonly now: () => number = Date.now,
  ) {}

  /**
   * The result for `key`, by `call` unless it is there or under way. Rejects with the signal's reason when `signal` is
   * aborted; the call itself is cancelled only when all who wait for it are.
   */
  async get(key: string, signal: AbortSignal, call: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
    signal.throwIfAborted();
    this.#forgetOld();
    const entry = this.#entries.get(key) ?? this.#start(key, call);
    if (entry.isSettled) {
      return entry.promise;
    }
    entry.waiting += 1;
    let leave = (): void => {};
    const left = new Promise<never>((_, reject) => {
      leave = () => reject(signal.reason);
    });
    signal.addEventListener("abort", leave);
    try {
      return await Promise.race([entry.promise, left]);
    } finally {
      signal.removeEventListener("abort", leave);
      entry.waiting -= 1;
      if (entry.waiting === 0 && !entry.isSettled) {
        this.#drop(key, entry);
      }
    }
  }

  /** Forgets all results and cancels what is under way. */
  clear(): void {
    for (const [key, entry] of this.#entries) {
      this.#drop(key, entry);
    }
  }

  #start(key: string, call: (signal: AbortSignal) => Promise<Result>): Entry<Result> {
    const controller = new AbortController();
    const promise = call(controller.signal);
    const entry: Entry<Result> = { promise, controller, waiting: 0, isSettled: false, settledAt: 0 };
    const settle = (): void => {
      entry.isSettled = true;
      entry.settledAt = this.now();
    };
    promise.then(settle, settle);
    this.#entries.set(key, entry);
    return entry;
  }

  #drop(key: string, entry: Entry<Result>): void {
    if (this.#entries.get(key) === entry) {
      this.#entries.delete(key);
    }
    entry.controller.abort();
  }

  #forgetOld(): void {
    for (const [key, entry] of this.#entries) {
      if (entry.isSettled && this.now() - entry.settledAt >= this.keepMs) {
        this.#entries.delete(key);
      }
    }
  }
}
