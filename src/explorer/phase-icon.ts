import * as vscode from "vscode";
import { phaseIcon } from "../flyte/phase";
import type { Phase } from "../flyte/types";

/** The icon of a phase in the tree. */
export function phaseThemeIcon(phase: Phase): vscode.ThemeIcon {
  const { icon, color } = phaseIcon(phase);
  return new vscode.ThemeIcon(icon, new vscode.ThemeColor(color));
}
