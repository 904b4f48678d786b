import type { Connect, FlyteClient } from "../flyte/client";
import { type Connection, ConnectionStopped, type LocalState } from "../flyte/connection";
import type { L10n } from "../l10n";
import type { LocalServer } from "./local-server";

/** Id of the connection to the embedded Flyte. */
export const LOCAL_ID = "local";

/** The embedded Flyte: started by whoever asks for its client first, and again by whoever asks after it died. */
export class LocalConnection implements Connection {
  readonly id = LOCAL_ID;
  readonly name: string;
  readonly origin: string;
  readonly #server: LocalServer;
  readonly #connect: Connect;
  readonly #l10n: L10n;
  #client: FlyteClient | undefined;
  #endpoint = "";
  #stopped = false;

  constructor(server: LocalServer, connect: Connect, l10n: L10n) {
    this.#server = server;
    this.#connect = connect;
    this.#l10n = l10n;
    this.name = l10n.t("Local");
    this.origin = l10n.t("embedded Flyte on this machine");
  }

  get endpoint(): string {
    return this.#server.endpoint ?? "";
  }

  get localState(): LocalState {
    return this.#stopped ? "stopped" : this.#server.state;
  }

  async client(): Promise<FlyteClient> {
    if (this.#stopped) {
      throw new ConnectionStopped(this.#l10n.t("Local Flyte is stopped."));
    }
    return this.#clientAt(await this.#server.start());
  }

  clientIfRunning(): FlyteClient | undefined {
    const endpoint = this.#stopped ? undefined : this.#server.endpoint;
    return endpoint === undefined ? undefined : this.#clientAt(endpoint);
  }

  /** Starts it, also when it was stopped on purpose. */
  async start(): Promise<void> {
    this.#stopped = false;
    await this.client();
  }

  /**
   * Stops it until `start`.
   * @throws {Error} when it belongs to another window
   */
  async stop(): Promise<void> {
    if (this.#server.isForeign) {
      throw new Error(this.#l10n.t("Local Flyte was started by another window of VS Code: stop it there."));
    }
    this.#stopped = true;
    this.#closeClient();
    await this.#server.stop();
  }

  async dispose(): Promise<void> {
    this.#closeClient();
    await this.#server.dispose();
  }

  // A restarted server listens on another port.
  #clientAt(endpoint: string): FlyteClient {
    if (!this.#client || this.#endpoint !== endpoint) {
      this.#closeClient();
      this.#client = this.#connect({ endpoint, insecure: true });
      this.#endpoint = endpoint;
    }
    return this.#client;
  }

  #closeClient(): void {
    this.#client?.close();
    this.#client = undefined;
  }
}
