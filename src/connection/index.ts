import { unwatchFile, watchFile } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import * as vscode from "vscode";
import type { Feature } from "../commands";
import type { Connect } from "../flyte/client";
import type { ChooseTarget } from "../flyte/connection";
import type { Scope } from "../flyte/types";
import { ConnectionList } from "./connection-list";
import { flyteConfigFile, readFlyteConfig } from "./flyte-config";
import { LocalConnection } from "./local-connection";
import { LocalServer } from "./local-server";
import { pickConnection } from "./pick-connection";
import { pickScope } from "./pick-scope";
import { CONNECTIONS_SETTING, readSettings } from "./settings";
import { createStatusBar } from "./status-bar";

/** How often the config file is looked at, in milliseconds: it may not be there yet, or lie on a network. */
const CONFIG_FILE_INTERVAL = 2000;

export interface ConnectionParts {
  readonly connect: Connect;
  readonly log: vscode.LogOutputChannel;
  readonly context: Pick<
    vscode.ExtensionContext,
    "extensionUri" | "globalStorageUri" | "workspaceState" | "globalState"
  >;
}

export type ConnectionCommand =
  | "flyte.selectConnection"
  | "flyte.selectScope"
  | "flyte.startLocal"
  | "flyte.stopLocal"
  | "flyte.openConnectionSettings";

export interface ConnectionFeature extends Feature<ConnectionCommand> {
  readonly connections: ConnectionList;
  readonly chooseTarget: ChooseTarget;
  /** Ends the embedded Flyte, if it is this window's; VS Code waits for it. */
  dispose(): Promise<void>;
}

/** The connections of this window: where they are configured, which one is used, and the embedded Flyte. */
export function createConnections({ connect, log, context }: ConnectionParts): ConnectionFeature {
  const { l10n } = vscode;
  const where = { env: process.env, home: homedir() };
  const program = process.platform === "win32" ? "flyte-local.exe" : "flyte-local";
  const server = new LocalServer({
    program: path.join(context.extensionUri.fsPath, "dist", program),
    data: path.join(context.globalStorageUri.fsPath, "local"),
    l10n,
    log: (line) => logServerLine(log, line),
  });
  const connections = new ConnectionList({
    local: new LocalConnection(server, connect, l10n),
    connect,
    configured: () => [
      readFlyteConfig(where, l10n),
      readSettings(vscode.workspace.getConfiguration("flyte").get(CONNECTIONS_SETTING), l10n),
    ],
    workspace: context.workspaceState,
    person: context.globalState,
  });
  const logProblems = (): void => {
    for (const { message } of connections.problems) {
      log.warn(message);
    }
  };
  logProblems();
  const reload = (): void => {
    connections.reload();
    logProblems();
  };
  const configFile = flyteConfigFile(where);
  watchFile(configFile, { interval: CONFIG_FILE_INTERVAL, persistent: false }, reload);
  const disposables = [
    server.onDidChange(() => connections.changed()),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration(`flyte.${CONNECTIONS_SETTING}`)) {
        reload();
      }
    }),
    // Settings of the workspace count from then on.
    vscode.workspace.onDidGrantWorkspaceTrust(reload),
    createStatusBar(connections),
  ];

  const selectConnection = async (): Promise<boolean> => {
    const connection = await pickConnection(connections);
    if (!connection) {
      return false;
    }
    await connections.select(connection);
    if (connection === connections.local) {
      await startLocal();
    }
    return true;
  };
  const selectScope = async (): Promise<Scope | undefined> => {
    if (!connections.current && !(await selectConnection())) {
      return undefined;
    }
    const { current, scope } = connections;
    const picked = current && (await pickScope(current, scope));
    if (current && picked) {
      await connections.select(current, picked);
    }
    return picked;
  };
  const startLocal = async (): Promise<void> => {
    await connections.select(connections.local);
    await vscode.window.withProgress(
      { location: vscode.ProgressLocation.Window, title: l10n.t("Starting Local Flyte") },
      () => connections.local.start(),
    );
  };

  return {
    connections,
    chooseTarget: async () => {
      if (!connections.current && !(await selectConnection())) {
        return undefined;
      }
      const scope = connections.scope ?? (await selectScope());
      const { current } = connections;
      return current && scope && { connection: current, scope };
    },
    commands: {
      "flyte.selectConnection": async () => {
        if (await selectConnection()) {
          await selectScope();
        }
      },
      "flyte.selectScope": selectScope,
      "flyte.startLocal": startLocal,
      "flyte.stopLocal": () => connections.local.stop(),
      "flyte.openConnectionSettings": () =>
        vscode.commands.executeCommand("workbench.action.openSettings", "flyte.connections"),
    },
    dispose: async () => {
      unwatchFile(configFile, reload);
      for (const disposable of disposables) {
        disposable.dispose();
      }
      await connections.dispose();
    },
  };
}

/** The server's log has its own levels, of which the output channel makes its own. */
function logServerLine(log: vscode.LogOutputChannel, line: string): void {
  const level = /\b(ERROR|WARN|INFO|DEBUG|TRACE)\b/.exec(line)?.[1] ?? "INFO";
  const write = { ERROR: log.error, WARN: log.warn, INFO: log.info, DEBUG: log.debug, TRACE: log.trace }[level];
  write?.call(log, `flyte-local: ${line}`);
}
