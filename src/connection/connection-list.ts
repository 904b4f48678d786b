import { isDeepStrictEqual } from "node:util";
import type { Connect } from "../flyte/client";
import type { Connection, ConnectionProblem, Connections } from "../flyte/connection";
import { type Disposable, Emitter } from "../flyte/event";
import type { Scope } from "../flyte/types";
import type { Configured } from "./entry";
import { LOCAL_ID, type LocalConnection } from "./local-connection";
import { RemoteConnection } from "./remote-connection";

/** Remembers between sessions; `vscode.Memento` is one. */
export interface Memory {
  get<T>(key: string): T | undefined;
  update(key: string, value: unknown): Thenable<void>;
}

export interface ConnectionListOptions {
  readonly local: LocalConnection;
  readonly connect: Connect;
  /** What is configured, in the order of precedence. */
  configured(): readonly Configured[];
  /** Of this workspace: the connection and the scope chosen. */
  readonly workspace: Memory;
  /** Of this person: whether Local was ever used. */
  readonly person: Memory;
}

const CURRENT = "flyte.connection";
const SCOPES = "flyte.scopes";
const LOCAL_USED = "flyte.localUsed";

/** Where flytekit's own tools register when they are not told. */
const LOCAL_SCOPE: Scope = { project: "flytesnacks", domain: "development" };

/** All connections, with the choice that is kept for the workspace. */
export class ConnectionList implements Connections, Disposable {
  readonly local: LocalConnection;
  readonly #options: ConnectionListOptions;
  readonly #changes = new Emitter();
  #remote: readonly RemoteConnection[] = [];
  #problems: readonly ConnectionProblem[] = [];

  readonly onDidChange = this.#changes.event;

  constructor(options: ConnectionListOptions) {
    this.#options = options;
    this.local = options.local;
    this.reload();
  }

  /** Those that are configured, and Local: as long as nothing is configured only once it was used. */
  get all(): readonly Connection[] {
    const isLocalShown = this.#remote.length > 0 || this.#options.person.get<boolean>(LOCAL_USED) === true;
    return isLocalShown ? [...this.#remote, this.local] : this.#remote;
  }

  /** All, with Local in any case: what there is to choose from. */
  get choices(): readonly Connection[] {
    return [...this.#remote, this.local];
  }

  get problems(): readonly ConnectionProblem[] {
    return this.#problems;
  }

  get current(): Connection | undefined {
    const chosen = this.#options.workspace.get<string>(CURRENT);
    return (chosen === undefined ? undefined : this.get(chosen)) ?? this.all[0];
  }

  get scope(): Scope | undefined {
    const { current } = this;
    return current && this.scopeOf(current);
  }

  get(id: string): Connection | undefined {
    return this.choices.find((connection) => connection.id === id);
  }

  /** The project and domain chosen for a connection in this workspace. */
  scopeOf({ id }: Connection): Scope | undefined {
    return this.#scopes()[id] ?? (id === LOCAL_ID ? LOCAL_SCOPE : undefined);
  }

  /** Makes a connection the current one, with a scope or the one it had. */
  async select(connection: Connection, scope?: Scope): Promise<void> {
    const { workspace, person } = this.#options;
    if (connection.id === LOCAL_ID) {
      await person.update(LOCAL_USED, true);
    }
    if (scope) {
      await workspace.update(SCOPES, { ...this.#scopes(), [connection.id]: scope });
    }
    await workspace.update(CURRENT, connection.id);
    this.#changes.fire();
  }

  /** Says that the state of a connection changed. */
  changed(): void {
    this.#changes.fire();
  }

  /** Reads the configuration again. What did not change keeps its client. */
  reload(): void {
    const configured = this.#options.configured();
    const entries = configured.flatMap(({ entries }) => entries);
    const kept = this.#remote.filter(({ entry }) => entries.some((other) => isDeepStrictEqual(entry, other)));
    for (const connection of this.#remote) {
      if (!kept.includes(connection)) {
        connection.dispose();
      }
    }
    this.#remote = entries.map(
      (entry) => kept.find(({ id }) => id === entry.id) ?? new RemoteConnection(entry, this.#options.connect),
    );
    this.#problems = configured.flatMap(({ problems }) => problems);
    this.#changes.fire();
  }

  async dispose(): Promise<void> {
    this.#changes.dispose();
    for (const connection of this.#remote) {
      connection.dispose();
    }
    await this.local.dispose();
  }

  #scopes(): Readonly<Record<string, Scope>> {
    return this.#options.workspace.get<Record<string, Scope>>(SCOPES) ?? {};
  }
}
