import type { L10n } from "../l10n";
import type { EntityKind, EntityName, Scope } from "./types";

/** A kind of entity, inside of a sentence. */
export function kindWords(kind: EntityKind, l10n: L10n): string {
  return { task: l10n.t("task"), workflow: l10n.t("workflow"), launchPlan: l10n.t("launch plan") }[kind];
}

/** An entity, inside of a sentence: `task sample.add`. */
export function entityWords({ kind, name }: EntityName, l10n: L10n): string {
  return `${kindWords(kind, l10n)} ${name}`;
}

/** A scope as Flyte writes it: `flytesnacks/development`, with the organisation before it where there is one. */
export function scopeWords({ org, project, domain }: Scope): string {
  return `${org ? `${org}/` : ""}${project}/${domain}`;
}
