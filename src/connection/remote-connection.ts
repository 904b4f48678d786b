import type { Connect, FlyteClient } from "../flyte/client";
import type { Connection } from "../flyte/connection";
import type { ConnectionEntry } from "./entry";

/** A configured server: there is nothing to start, and its client is made when first asked for. */
export class RemoteConnection implements Connection {
  readonly entry: ConnectionEntry;
  readonly #connect: Connect;
  #client: FlyteClient | undefined;

  constructor(entry: ConnectionEntry, connect: Connect) {
    this.entry = entry;
    this.#connect = connect;
  }

  get id(): string {
    return this.entry.id;
  }

  get name(): string {
    return this.entry.name;
  }

  get origin(): string {
    return this.entry.origin;
  }

  get endpoint(): string {
    return this.entry.config.endpoint;
  }

  async client(): Promise<FlyteClient> {
    this.#client ??= this.#connect(this.entry.config);
    return this.#client;
  }

  clientIfRunning(): FlyteClient | undefined {
    try {
      this.#client ??= this.#connect(this.entry.config);
      return this.#client;
    } catch {
      // An endpoint that is none: whoever asks for it aloud is told.
      return undefined;
    }
  }

  dispose(): void {
    this.#client?.close();
    this.#client = undefined;
  }
}
