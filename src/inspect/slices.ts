import { setImmediate } from "node:timers/promises";

/** Milliseconds of work after which others get their turn. */
const SLICE = 10;

/**
 * Joins lines that are made on demand, letting others use the thread in between.
 *
 * @throws the signal's reason when it is aborted
 */
export async function joinLines(lines: Iterable<string>, signal?: AbortSignal): Promise<string> {
  const made: string[] = [];
  let start = performance.now();
  for (const line of lines) {
    made.push(line);
    if (made.length % 100 === 0 && performance.now() - start > SLICE) {
      await setImmediate();
      signal?.throwIfAborted();
      start = performance.now();
    }
  }
  return `${made.join("\n")}\n`;
}
