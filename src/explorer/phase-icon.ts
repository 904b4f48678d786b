import * as vscode from "vscode";
import type { Phase } from "../flyte/types";

type Look = "waiting" | "running" | "paused" | "good" | "bad" | "ended";

const LOOKS: Readonly<Record<Phase, Look>> = {
  undefined: "waiting",
  queued: "waiting",
  initializing: "waiting",
  waitingForResources: "waiting",
  running: "running",
  dynamicRunning: "running",
  paused: "paused",
  retryable: "running",
  recovered: "good",
  skipped: "ended",
  succeeding: "running",
  succeeded: "good",
  failing: "bad",
  failed: "bad",
  aborting: "ended",
  aborted: "ended",
  timedOut: "bad",
};

const ICONS: Readonly<Record<Look, readonly [icon: string, color: string]>> = {
  waiting: ["circle-outline", "disabledForeground"],
  running: ["sync", "charts.blue"],
  paused: ["debug-pause", "charts.yellow"],
  good: ["pass", "testing.iconPassed"],
  bad: ["error", "testing.iconFailed"],
  ended: ["circle-slash", "disabledForeground"],
};

/** The icon of a phase. It never stands alone: the words are in the item's description. */
export function phaseIcon(phase: Phase): vscode.ThemeIcon {
  const [icon, color] = ICONS[LOOKS[phase]];
  return new vscode.ThemeIcon(icon, new vscode.ThemeColor(color));
}
