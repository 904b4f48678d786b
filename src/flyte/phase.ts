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

/** How a phase looks: names of an icon and of a theme colour of VS Code. */
export interface PhaseIcon {
  readonly icon: string;
  readonly color: string;
}

const WAITING: PhaseIcon = { icon: "circle-outline", color: "disabledForeground" };
const RUNNING: PhaseIcon = { icon: "sync", color: "charts.blue" };
const PAUSED: PhaseIcon = { icon: "debug-pause", color: "charts.yellow" };
const GOOD: PhaseIcon = { icon: "pass", color: "testing.iconPassed" };
const BAD: PhaseIcon = { icon: "error", color: "testing.iconFailed" };
const GIVEN_UP: PhaseIcon = { icon: "circle-slash", color: "disabledForeground" };

const ICONS: Readonly<Record<Phase, PhaseIcon>> = {
  undefined: WAITING,
  queued: WAITING,
  initializing: WAITING,
  waitingForResources: WAITING,
  running: RUNNING,
  dynamicRunning: RUNNING,
  paused: PAUSED,
  retryable: RUNNING,
  recovered: GOOD,
  skipped: GIVEN_UP,
  succeeding: RUNNING,
  succeeded: GOOD,
  failing: BAD,
  failed: BAD,
  aborting: GIVEN_UP,
  aborted: GIVEN_UP,
  timedOut: BAD,
};

/** The icon of a phase. It never stands alone: {@link phaseWords} are beside it. */
export function phaseIcon(phase: Phase): PhaseIcon {
  return ICONS[phase];
}
