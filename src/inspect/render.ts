import { hasEnded, phaseWords } from "../flyte/phase";
import { bytesInWords } from "../flyte/size";
import type { Subject } from "../flyte/subject";
import type { Detail, Phase, ValueMap } from "../flyte/types";
import { entityWords, scopeWords } from "../flyte/words";
import type { L10n } from "../l10n";
import type { DocumentForm } from "./address";
import { yamlLines } from "./values/yaml";

/** What a document of inputs or outputs says beside the values. */
export interface Heading {
  readonly subject: Subject;
  readonly form: "inputs" | "outputs";
  /** Name of the connection. */
  readonly connection: string;
  readonly phase: Phase;
}

/** A document of inputs or outputs, line by line. */
export function* valueLines(map: ValueMap, heading: Heading, l10n: L10n): Generator<string> {
  const what = subjectWords(heading.subject, l10n);
  yield comment(heading.form === "inputs" ? l10n.t("Inputs of {0}", what) : l10n.t("Outputs of {0}", what));
  yield comment(l10n.t("Connection: {0}", heading.connection));
  yield comment(l10n.t("Phase: {0}", phaseWords(heading.phase, l10n)));
  if (!hasEnded(heading.phase)) {
    yield comment(l10n.t("It has not ended: this document is read again when you come back to it."));
  }
  yield "";
  switch (map.state) {
    case "none":
      yield comment(noneWords(heading, l10n));
      return;
    case "tooLarge":
      yield comment(
        map.bytes > 0
          ? l10n.t(
              "The server does not send these values, because they are too large: {0}.",
              bytesInWords(map.bytes, l10n),
            )
          : l10n.t("The server does not send these values, because they are too large."),
      );
      if (map.uri) {
        yield comment(l10n.t("They are stored at {0}", map.uri));
      }
      return;
    case "inline":
      yield* yamlLines(map.values, l10n);
  }
}

/** The document of an error. */
export function errorText(detail: Detail, l10n: L10n): string {
  return `${detail.error || l10n.t("There is no error.")}\n`;
}

/** What a document says when its content cannot be had, in the language of the document. */
export function failureText(form: DocumentForm, problem: readonly string[], l10n: L10n): string {
  const lines = [...problem, l10n.t("To try again, run the command “Flyte: Refresh Document”.")].flatMap((text) =>
    text.split("\n"),
  );
  switch (form) {
    case "detail":
      return `${JSON.stringify({ problem: lines }, undefined, 2)}\n`;
    case "error":
      return `${lines.join("\n")}\n`;
    default:
      return `${lines.map(comment).join("\n")}\n`;
  }
}

/** A subject in words, such as `execution f1 of flytesnacks/development`. */
export function subjectWords(subject: Subject, l10n: L10n): string {
  switch (subject.kind) {
    case "execution":
      return l10n.t("execution {0} of {1}", subject.id.name, scopeWords(subject.id));
    case "node":
      return l10n.t(
        "node {0} of execution {1} of {2}",
        subject.id.nodeId,
        subject.id.execution.name,
        scopeWords(subject.id.execution),
      );
    case "entity":
      return l10n.t(
        "{0}, version {1}, of {2}",
        entityWords(subject.id, l10n),
        subject.id.version,
        scopeWords(subject.id),
      );
  }
}

function noneWords({ form, phase }: Heading, l10n: L10n): string {
  if (form === "inputs") {
    return l10n.t("There are no inputs.");
  }
  return hasEnded(phase) ? l10n.t("There are no outputs.") : l10n.t("There are no outputs yet.");
}

function comment(text: string): string {
  return `# ${text.replace(/\s+/g, " ")}`;
}
