import * as vscode from "vscode";
import type { Connection } from "../flyte/connection";
import type { Disposable } from "../flyte/event";
import { scopeWords } from "../flyte/words";
import type { ConnectionList } from "./connection-list";

/** Shows the current connection with its scope; a click switches. Hidden while there is no connection. */
export function createStatusBar(connections: ConnectionList): Disposable {
  const item = vscode.window.createStatusBarItem("flyte.connection", vscode.StatusBarAlignment.Left, 10);
  item.name = vscode.l10n.t("Flyte Connection");
  item.command = "flyte.selectConnection";
  const show = (): void => {
    const { current, scope } = connections;
    if (!current) {
      item.hide();
      return;
    }
    const place = scope ? scopeWords(scope) : vscode.l10n.t("no project selected");
    item.text = `$(type-hierarchy) ${current.name}: ${place}`;
    item.tooltip = tooltip(current, place);
    item.accessibilityInformation = {
      label: vscode.l10n.t("Flyte connection {0}, {1}. Switch connection.", current.name, place),
      role: "button",
    };
    item.show();
  };
  show();
  const subscription = connections.onDidChange(show);
  return {
    dispose: () => {
      subscription.dispose();
      item.dispose();
    },
  };
}

function tooltip(connection: Connection, place: string): vscode.MarkdownString {
  const text = new vscode.MarkdownString();
  text.appendMarkdown(`**${vscode.l10n.t("Flyte")}**\n\n`);
  text.appendText(`${connection.name} (${connection.endpoint || connection.origin})\n${place}`);
  text.appendMarkdown(`\n\n${vscode.l10n.t("Click to switch.")}`);
  return text;
}
