import * as vscode from "vscode";
import { registerCommands } from "./command-table";
import { createConnections } from "./connection";
import { createExplorer } from "./explorer";
import { connect } from "./flyte/addon";
import type { Connections } from "./flyte/connection";
import { createInspect } from "./inspect";
import { createRegister } from "./register";

/** What `activate` hands to whoever asks VS Code for this extension: its parts, as they are used inside. */
export interface FlyteExtension {
  readonly connections: Connections;
  readonly tree: vscode.TreeDataProvider<unknown>;
}

let stop: (() => Promise<void>) | undefined;

/** Puts the parts together and hands them to VS Code. Nothing here waits for a server, or starts one. */
export function activate(context: vscode.ExtensionContext): FlyteExtension {
  const log = vscode.window.createOutputChannel("Flyte", { log: true });
  const connection = createConnections({ connect, log, context });
  const { connections, chooseTarget } = connection;
  const explorer = createExplorer({
    connections,
    selectScope: (chosen, scope) => connections.select(chosen, scope),
  });
  const inspect = createInspect({ connections, log });
  const register = createRegister({
    log,
    extensionUri: context.extensionUri,
    chooseTarget,
    onDidRegister: () => explorer.refresh(),
  });
  const commands = registerCommands(
    {
      ...connection.commands,
      ...explorer.commands,
      ...inspect.commands,
      ...register.commands,
      "flyte.startLocal": async () => {
        await connection.commands["flyte.startLocal"]();
        await explorer.reveal(connections.local);
      },
      "flyte.showLog": () => log.show(),
    },
    log,
  );
  // Of what is disposed the last comes first: the log outlives those who write to it.
  context.subscriptions.push(log, inspect, register, explorer, commands);
  stop = () => connection.dispose();
  return { connections, tree: explorer.tree };
}

/** Ends the embedded Flyte, if it is this window's. VS Code waits for it. */
export async function deactivate(): Promise<void> {
  await stop?.();
}
