import type { ConnectionProblem } from "../flyte/connection";
import type { ConnectionConfig } from "../flyte/types";

/** A configured connection, not yet connected. */
export interface ConnectionEntry {
  readonly id: string;
  readonly name: string;
  /** Where it is configured, in words. */
  readonly origin: string;
  readonly config: ConnectionConfig;
}

/** What one place of configuration gives. */
export interface Configured {
  readonly entries: readonly ConnectionEntry[];
  readonly problems: readonly ConnectionProblem[];
}
