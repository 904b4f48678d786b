import type { FlyteClient } from "./client";
import type { Event } from "./event";
import type { Scope } from "./types";

/**
 * What the embedded Flyte is doing: `idle` starts as soon as it is used, `stopped` was ended by the person and starts
 * only when they say so.
 */
export type LocalState = "idle" | "starting" | "running" | "stopped";

/** The embedded Flyte was stopped on purpose, and starts again only when asked to. */
export class ConnectionStopped extends Error {
  override readonly name = "ConnectionStopped";
}

/** Something wrong with how connections are configured, which leaves the rest of them usable. */
export interface ConnectionProblem {
  /** What is wrong and what to write instead. */
  readonly message: string;
  /** The config file that it is in; absent for the settings. */
  readonly file?: string;
}

/** One Flyte that this window can talk to: the embedded one, one of the settings, or that of Flyte's own config file. */
export interface Connection {
  /** Stable over restarts, for URIs and tree ids: `local`, `config` or `settings:<name>`. */
  readonly id: string;
  /** As a person sees it. */
  readonly name: string;
  /** Where it leads, as configured; empty for an embedded Flyte that does not run. */
  readonly endpoint: string;
  /** Where it is configured, in words. */
  readonly origin: string;
  /** What the embedded Flyte is doing; absent for a server that is not this extension's to start. */
  readonly localState?: LocalState;

  /**
   * A client, after starting the embedded Flyte where that is what it takes. Ask again for each call instead of
   * keeping it: a restarted server has a new one.
   * @throws {Error} with a message for a person when the server cannot be started; `ConnectionStopped` when the person
   *   stopped it; `FlyteError` when the endpoint is not one
   */
  client(): Promise<FlyteClient>;

  /** A client if there is one without starting anything: for what must stay quiet, such as a hover. */
  clientIfRunning(): FlyteClient | undefined;
}

/** The connections, and which one is used. */
export interface Connections {
  readonly all: readonly Connection[];
  readonly problems: readonly ConnectionProblem[];
  /** The chosen one, or undefined when none is chosen. Asking never prompts. */
  readonly current: Connection | undefined;
  /** Project and domain chosen for the current connection, or undefined. Asking never prompts. */
  readonly scope: Scope | undefined;
  /** The list, the current one, its scope or the state of one of them changed. */
  readonly onDidChange: Event;

  /** Finds a connection, such as that of a restored document. */
  get(id: string): Connection | undefined;
}

/** A connection with the project and domain to work in. */
export interface Target {
  readonly connection: Connection;
  readonly scope: Scope;
}

/** The current connection and scope, asking the person for what is not chosen yet; undefined when they cancel. */
export type ChooseTarget = () => Promise<Target | undefined>;
