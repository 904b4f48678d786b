import type { RegistrationReport, RegistrationResult } from "../flyte/types";
import { entityWords } from "../flyte/words";
import type { L10n } from "../l10n";
import { type Manifest, type Site, siteOf } from "./manifest";
import type { SerializeFailure } from "./serialize-failure";

/** Something wrong at a place in the user's source. */
export interface Problem extends Site {
  /** From 1; absent for the whole line. */
  readonly column?: number;
  readonly message: string;
  /** Flyte's code of a compile error, or the serialiser's reason. */
  readonly code: string;
}

/**
 * What a server refused, each thing at the definition of its entity: one for each compile error, which names its node,
 * else one for each entity. What has no known place is put at the top of `file`.
 */
export function problemsOf(report: RegistrationReport, manifest: Manifest, file: string, l10n: L10n): Problem[] {
  return report.results
    .filter(({ status }) => status === "failed")
    .flatMap((result) => {
      const site = siteOf(manifest, result.id) ?? { file, line: 1 };
      return messagesOf(result, l10n).map(({ code, message }) => ({ ...site, code, message }));
    });
}

/** Where serialising failed; undefined when that is at no place. */
export function problemOf({ details, reason, message }: SerializeFailure): Problem | undefined {
  const { file, line, column } = details;
  return file === undefined || line === undefined
    ? undefined
    : { file, line, ...(column === undefined ? {} : { column }), message, code: reason };
}

/** What is wrong with an entity, in a line each. */
export function messagesOf(result: RegistrationResult, l10n: L10n): { code: string; message: string }[] {
  const entity = entityWords(result.id, l10n);
  if (result.problems.length === 0) {
    return [{ code: result.status, message: `${entity}: ${result.message}` }];
  }
  return result.problems.map(({ node, code, description }) => ({
    code,
    message: node
      ? l10n.t("{0}, node {1}: {2}: {3}", entity, node, code, description)
      : l10n.t("{0}: {1}: {2}", entity, code, description),
  }));
}
