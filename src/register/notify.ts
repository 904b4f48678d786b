import * as vscode from "vscode";
import { rangeOf } from "./diagnostics";
import type { NextStep } from "./next-steps";
import type { Outcome } from "./outcome";
import type { Problem } from "./problems";
import { PYTHON_EXTENSION } from "./python-extension";

/** A button with what it does. */
export interface Button {
  readonly title: string;
  run(): unknown;
}

/** Shows a message. Does not wait for it to be read: a button does its work whenever it is pressed. */
export function notify({ severity, message }: Outcome, buttons: readonly Button[], log: vscode.LogOutputChannel): void {
  const show = {
    information: vscode.window.showInformationMessage,
    warning: vscode.window.showWarningMessage,
    error: vscode.window.showErrorMessage,
  }[severity];
  const titles = buttons.map(({ title }) => title);
  show(message, ...titles)
    .then((chosen) => buttons.find(({ title }) => title === chosen)?.run())
    .then(undefined, (error) => log.error(error));
}

/** The button of a step. `problem` is what it shows the line of. */
export function stepButton(step: NextStep, problem: Problem | undefined): Button {
  switch (step) {
    case "chooseInterpreter":
      return { title: vscode.l10n.t("Choose Interpreter"), run: chooseInterpreter };
    case "showLine":
      return { title: vscode.l10n.t("Show Line"), run: () => problem && showLine(problem) };
    case "openTimeout":
      return command(vscode.l10n.t("Open Setting"), "workbench.action.openSettings", "flyte.register.timeout");
    case "startLocal":
      return command(vscode.l10n.t("Start Local Flyte"), "flyte.startLocal");
    case "selectScope":
      return command(vscode.l10n.t("Select Project"), "flyte.selectScope");
    case "selectConnection":
      return command(vscode.l10n.t("Select Connection"), "flyte.selectConnection");
    case "showLog":
      return command(vscode.l10n.t("Show Log"), "flyte.showLog");
  }
}

/** Goes to where something is wrong. */
export async function showLine(problem: Problem): Promise<void> {
  const document = await vscode.workspace.openTextDocument(vscode.Uri.file(problem.file));
  await vscode.window.showTextDocument(document, { selection: rangeOf(problem, document) });
}

function chooseInterpreter(): Thenable<unknown> {
  return vscode.extensions.getExtension(PYTHON_EXTENSION)
    ? vscode.commands.executeCommand("python.setInterpreter")
    : vscode.commands.executeCommand("workbench.action.openSettings", "flyte.python.interpreter");
}

function command(title: string, id: string, ...args: unknown[]): Button {
  return { title, run: () => vscode.commands.executeCommand(id, ...args) };
}
