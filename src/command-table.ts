import * as vscode from "vscode";
import type { CommandHandler, CommandId } from "./commands";
import { explain, isCancelled, sentence } from "./flyte/advice";

/**
 * Registers the one table of commands. What a command rejects with is shown with what to do about it, and logged; a
 * cancelled call is what was wanted.
 */
export function registerCommands(
  table: Readonly<Record<CommandId, CommandHandler>>,
  log: vscode.LogOutputChannel,
): vscode.Disposable {
  const registrations = Object.entries(table).map(([id, handler]) =>
    vscode.commands.registerCommand(id, async (...args: unknown[]) => {
      try {
        return await handler(...args);
      } catch (error) {
        if (!isCancelled(error)) {
          show(id, error, log);
        }
        return undefined;
      }
    }),
  );
  return vscode.Disposable.from(...registrations);
}

function show(id: string, error: unknown, log: vscode.LogOutputChannel): void {
  const explanation = explain(error, vscode.l10n);
  log.error(`${id}: ${[sentence(explanation), explanation.details].filter(Boolean).join("\n")}`);
  const showLog = vscode.l10n.t("Show Log");
  void vscode.window.showErrorMessage(sentence(explanation), showLog).then((picked) => {
    if (picked === showLog) {
      log.show();
    }
  });
}
