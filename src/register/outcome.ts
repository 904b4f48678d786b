import path from "node:path";
import type { RegistrationReport, RegistrationResult, RegistrationStatus, Scope } from "../flyte/types";
import { entityWords, scopeWords } from "../flyte/words";
import type { L10n } from "../l10n";
import type { Manifest } from "./manifest";
import { messagesOf } from "./problems";

/** A registration that reached the server. */
export interface Registration {
  readonly file: string;
  readonly connection: string;
  readonly scope: Scope;
  readonly manifest: Manifest;
  readonly report: RegistrationReport;
}

/** How it went, for a notification. */
export interface Outcome {
  readonly severity: "information" | "warning" | "error";
  readonly message: string;
}

/** Most entities, or failures, that a notification names. */
const MOST_NAMES = 6;
const MOST_FAILURES = 3;
const MOST_CHARACTERS = 300;

/** Whether every entity is on the server as it is in the file. */
export function isComplete({ results, cancelled }: RegistrationReport): boolean {
  return !cancelled && results.every(({ status }) => status === "created" || status === "exists");
}

/** The notification: each entity by name, or the first ones; failures before all else. */
export function outcomeOf(registration: Registration, l10n: L10n): Outcome {
  const { file, report, manifest, scope } = registration;
  const base = path.basename(file);
  const where = scopeWords(scope);
  const settled = [
    namesOf(report, "created", (names) => l10n.t("Created: {0}.", names), l10n),
    namesOf(report, "exists", (names) => l10n.t("Already there: {0}.", names), l10n),
  ];
  if (isComplete(report)) {
    const count = report.results.length;
    const head =
      count === 1
        ? l10n.t("Registered 1 entity of {0} in {1}, version {2}.", base, where, manifest.version)
        : l10n.t("Registered {0} entities of {1} in {2}, version {3}.", count, base, where, manifest.version);
    return { severity: "information", message: join([head, ...settled]) };
  }
  const skipped = namesOf(report, "skipped", (names) => l10n.t("Not tried: {0}.", names), l10n);
  const failed = withStatus(report, "failed");
  if (failed.length > 0) {
    const head = l10n.t(
      "Not registered from {0} in {1}: {2} of {3} entities.",
      base,
      where,
      report.results.length - withStatus(report, "created").length - withStatus(report, "exists").length,
      report.results.length,
    );
    return { severity: "error", message: join([head, ...failureWords(failed, l10n), skipped, ...settled]) };
  }
  const head = report.cancelled
    ? l10n.t("Registering {0} in {1} was cancelled before its end.", base, where)
    : l10n.t("{0} was registered in {1} only in part.", base, where);
  return { severity: "warning", message: join([head, ...settled, skipped]) };
}

function failureWords(failed: readonly RegistrationResult[], l10n: L10n): string[] {
  const all = failed.flatMap((result) => messagesOf(result, l10n));
  const shown = all.slice(0, MOST_FAILURES).map(({ message }) => firstLine(message));
  const left = all.length - shown.length;
  return left > 0 ? [...shown, l10n.t("{0} more failures are in the report.", left)] : shown;
}

function namesOf(
  report: RegistrationReport,
  status: RegistrationStatus,
  sentence: (names: string) => string,
  l10n: L10n,
): string {
  const results = withStatus(report, status);
  if (results.length === 0) {
    return "";
  }
  const names = results.slice(0, MOST_NAMES).map(({ id }) => entityWords(id, l10n));
  const left = results.length - names.length;
  return sentence([...names, ...(left > 0 ? [l10n.t("{0} more", left)] : [])].join(", "));
}

function withStatus({ results }: RegistrationReport, wanted: RegistrationStatus): RegistrationResult[] {
  return results.filter(({ status }) => status === wanted);
}

function firstLine(text: string): string {
  const line = text.trim().split("\n", 1)[0] ?? "";
  const cut = line.length > MOST_CHARACTERS ? `${line.slice(0, MOST_CHARACTERS)}…` : line;
  return /[.!?…]$/.test(cut) ? cut : `${cut}.`;
}

function join(sentences: readonly string[]): string {
  return sentences.filter(Boolean).join(" ");
}
