import * as vscode from "vscode";
import type { Connection } from "../flyte/connection";
import type { ConnectionList } from "./connection-list";

type Item = vscode.QuickPickItem & { readonly connection?: Connection };

/** Asks for a connection; undefined when the person cancels or goes to the settings instead. */
export async function pickConnection(connections: ConnectionList): Promise<Connection | undefined> {
  const items: Item[] = connections.choices.map((connection) => ({
    label: connection.name,
    description: connection.endpoint || localDescription(connection),
    detail: connection.origin,
    picked: connection === connections.current,
    iconPath: new vscode.ThemeIcon(connection === connections.current ? "check" : "plug"),
    connection,
  }));
  const picked = await vscode.window.showQuickPick<Item>(
    [
      ...items,
      { label: "", kind: vscode.QuickPickItemKind.Separator },
      { label: vscode.l10n.t("Add a Connection…"), iconPath: new vscode.ThemeIcon("add") },
    ],
    { title: vscode.l10n.t("Select a Flyte Connection"), matchOnDescription: true },
  );
  if (picked && !picked.connection) {
    await vscode.commands.executeCommand("flyte.openConnectionSettings");
  }
  return picked?.connection;
}

function localDescription({ localState }: Connection): string {
  return localState ? vscode.l10n.t("not running, starts when selected") : "";
}
