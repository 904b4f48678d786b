/** What VS Code calls a Disposable: something to let go of. */
export interface Disposable {
  dispose(): void;
}

/** Calls the listener whenever something happens, until what it returns is disposed. */
export type Event<T = void> = (listener: (value: T) => void) => Disposable;

/** Makes an event. VS Code's own emitter is not there outside of VS Code. */
export class Emitter<T = void> implements Disposable {
  readonly #listeners = new Set<(value: T) => void>();

  readonly event: Event<T> = (listener) => {
    // One function may listen twice: each gets an entry of its own.
    const entry = (value: T): void => listener(value);
    this.#listeners.add(entry);
    return { dispose: () => void this.#listeners.delete(entry) };
  };

  fire(value: T): void {
    for (const listener of [...this.#listeners]) {
      listener(value);
    }
  }

  dispose(): void {
    this.#listeners.clear();
  }
}
