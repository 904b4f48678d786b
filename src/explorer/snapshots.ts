import { setTimeout as sleep } from "node:timers/promises";

/** How long to wait between two looks, in milliseconds: longer each time that nothing changed. */
export interface Pace {
  readonly first: number;
  readonly factor: number;
  readonly most: number;
  /** Failures in a row before it gives up. */
  readonly failures: number;
}

export const PACE: Pace = { first: 2_000, factor: 1.5, most: 30_000, failures: 3 };

/**
 * Looks at something again and again, yielding what each look gives. Ends when the signal aborts; a server that pushes
 * changes can take its place without its users noticing.
 * @param look gives undefined when nothing changed
 * @throws what `look` rejects with, after some failures in a row
 */
export async function* snapshots<T>(
  look: () => Promise<T | undefined>,
  signal: AbortSignal,
  pace: Pace = PACE,
  wait: (ms: number, signal: AbortSignal) => Promise<void> = waitFor,
): AsyncGenerator<T, void> {
  let delay = pace.first;
  let failures = 0;
  while (true) {
    await wait(delay, signal);
    if (signal.aborted) {
      return;
    }
    try {
      const found = await look();
      failures = 0;
      if (signal.aborted) {
        return;
      }
      if (found === undefined) {
        delay = Math.min(pace.most, delay * pace.factor);
      } else {
        delay = pace.first;
        yield found;
      }
    } catch (error) {
      failures += 1;
      if (failures >= pace.failures) {
        throw error;
      }
      delay = Math.min(pace.most, delay * pace.factor);
    }
  }
}

/** Waits, or less when the signal aborts. */
async function waitFor(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal, ref: false }).catch(() => undefined);
}
