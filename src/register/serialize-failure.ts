import { readFile } from "node:fs/promises";
import path from "node:path";
import type { L10n } from "../l10n";

/**
 * Why serialising failed. The first ones are the serialiser's own (`reason` in its `error.json`), the last ones are of
 * running it at all.
 */
export type SerializeReason =
  | "pythonTooOld"
  | "noFlytekit"
  | "flytekitTooOld"
  | "flytekitBroken"
  | "fileNotFound"
  | "syntax"
  | "import"
  | "serialize"
  | "noEntities"
  | "noAddress"
  | "usage"
  | "noPython"
  | "notStarted"
  | "timeout"
  | "crashed";

/** Where in the user's source it failed, and the whole story for the log. */
export interface SerializeDetails {
  readonly file?: string;
  /** From 1, as the column. */
  readonly line?: number;
  readonly column?: number;
  /** The module that could not be found, of an `import`. */
  readonly module?: string;
  readonly traceback?: string;
}

/** A file could not be serialised. `message` is a sentence for a person, with the next step. */
export class SerializeFailure extends Error {
  constructor(
    readonly reason: SerializeReason,
    message: string,
    readonly details: SerializeDetails = {},
  ) {
    super(message);
    this.name = "SerializeFailure";
  }
}

/**
 * What the serialiser left in `error.json` in `folder` when it ended with `code` or by `signal`; says so when it left
 * nothing.
 */
export async function readFailure(
  folder: string,
  exit: { readonly code: number | null; readonly signal: string | null },
  l10n: L10n,
): Promise<SerializeFailure> {
  try {
    const answer: Record<string, unknown> = JSON.parse(await readFile(path.join(folder, "error.json"), "utf8"));
    const { reason, message, ...details } = Object.fromEntries(
      Object.entries(answer).filter(([, value]) => value !== null),
    );
    return new SerializeFailure(reason as SerializeReason, String(message), details);
  } catch {
    const how = exit.signal ?? l10n.t("exit code {0}", String(exit.code));
    return new SerializeFailure("crashed", l10n.t("Python ended ({0}) without a result. The log has its output.", how));
  }
}
