import path from "node:path";
import type { RegistrationResult, RegistrationStatus } from "../flyte/types";
import { kindWords, scopeWords } from "../flyte/words";
import type { L10n } from "../l10n";
import { siteOf } from "./manifest";
import { outcomeOf, type Registration } from "./outcome";
import { messagesOf } from "./problems";

/** The whole story of a registration as plain text: every entity with what became of it. */
export function reportText(registration: Registration, at: Date, l10n: L10n): string {
  const { file, connection, scope, manifest, report } = registration;
  const count = (status: RegistrationStatus): number => report.results.filter((it) => it.status === status).length;
  const lines = [
    l10n.t("Registration of {0}", file),
    l10n.t("Time: {0}", at.toISOString()),
    l10n.t("Connection: {0}", connection),
    l10n.t("Project and domain: {0}", scopeWords(scope)),
    l10n.t("Version: {0}", manifest.version),
    l10n.t("Serialised by flytekit {0} on Python {1}", manifest.flytekit, manifest.python),
  ];
  if (manifest.bundle) {
    const { files, size } = manifest.bundle;
    const address = report.bundleUri || l10n.t("not uploaded");
    lines.push(l10n.t("Files in the code bundle: {0} ({1} bytes, {2})", files.length, size, address));
  }
  if (report.cancelled) {
    lines.push(l10n.t("It was cancelled before its end."));
  }
  lines.push(
    "",
    l10n.t(
      "Entities: {0} ({1} created, {2} already there, {3} failed, {4} not tried)",
      report.results.length,
      count("created"),
      count("exists"),
      count("failed"),
      count("skipped"),
    ),
    "",
    ...table(registration, l10n),
  );
  return `${lines.join("\n")}\n`;
}

/** The report for the log: the notification, and below it every entity. */
export function logLines(registration: Registration, l10n: L10n): string[] {
  return [outcomeOf(registration, l10n).message, ...table(registration, l10n)];
}

function table({ manifest, report }: Registration, l10n: L10n): string[] {
  const rows = report.results.map((result) => {
    const site = siteOf(manifest, result.id);
    return {
      result,
      cells: [
        statusWords(result.status, l10n),
        kindWords(result.id.kind, l10n),
        result.id.name,
        site ? `${path.relative(manifest.sourceRoot, site.file)}:${site.line}` : "",
      ],
    };
  });
  const widths = [0, 1, 2].map((column) => Math.max(0, ...rows.map(({ cells }) => cells[column]?.length ?? 0)));
  return rows.flatMap(({ cells, result }) => [
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
    ...explanation(result, l10n).map((line) => `    ${line}`),
  ]);
}

/** What went wrong: each compile error, then all that the server said. */
function explanation(result: RegistrationResult, l10n: L10n): string[] {
  const problems = result.problems.length > 0 ? messagesOf(result, l10n).map(({ message }) => message) : [];
  const said = result.message === "" || problems.length > 0 ? [] : [result.message];
  return [...problems, ...said].flatMap((text) => text.trimEnd().split("\n"));
}

function statusWords(status: RegistrationStatus, l10n: L10n): string {
  const words: Readonly<Record<RegistrationStatus, string>> = {
    created: l10n.t("created"),
    exists: l10n.t("already there"),
    failed: l10n.t("failed"),
    skipped: l10n.t("not tried"),
  };
  return words[status];
}
