import type { L10n } from "../l10n";
import type { Phase } from "./types";

const ENDED: ReadonlySet<Phase> = new Set(["recovered", "skipped", "succeeded", "failed", "aborted", "timedOut"]);

/** Whether nothing about an execution or node of this phase will change any more. */
export function hasEnded(phase: Phase): boolean {
  return ENDED.has(phase);
}

/** A phase in words. */
export function phaseWords(phase: Phase, l10n: L10n): string {
  const words: Readonly<Record<Phase, string>> = {
    undefined: l10n.t("unknown"),
    queued: l10n.t("queued"),
    initializing: l10n.t("initializing"),
    waitingForResources: l10n.t("waiting for resources"),
    running: l10n.t("running"),
    dynamicRunning: l10n.t("running"),
    paused: l10n.t("paused"),
    retryable: l10n.t("failed, will be retried"),
    recovered: l10n.t("recovered"),
    skipped: l10n.t("skipped"),
    succeeding: l10n.t("succeeding"),
    succeeded: l10n.t("succeeded"),
    failing: l10n.t("failing"),
    failed: l10n.t("failed"),
    aborting: l10n.t("aborting"),
    aborted: l10n.t("aborted"),
    timedOut: l10n.t("timed out"),
  };
  return words[phase];
}
