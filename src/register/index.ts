import * as vscode from "vscode";
import type { Feature } from "../commands";
import type { ChooseTarget, Target } from "../flyte/connection";
import { notify } from "./notify";
import { Registrar } from "./registrar";
import { Reports } from "./reports";
import { sourceFile } from "./source-file";

/** What registering needs of the rest of the extension. */
export interface RegisterParts {
  readonly log: vscode.LogOutputChannel;
  readonly extensionUri: vscode.Uri;
  readonly chooseTarget: ChooseTarget;
  /** Hears that entities were, or may have been, registered. */
  readonly onDidRegister: (target: Target) => void;
}

/**
 * Registering Python files. `flyte.register` takes the file's URI, or none for that of the active editor, and is done when
 * the file is registered or was refused.
 */
export function createRegister(parts: RegisterParts): Feature<"flyte.register" | "flyte.showRegistrationReport"> {
  const { log, extensionUri, chooseTarget, onDidRegister } = parts;
  const reports = new Reports();
  const serializer = vscode.Uri.joinPath(extensionUri, "dist", "serialize").fsPath;
  const registrar = new Registrar(reports, log, serializer, onDidRegister);
  return {
    commands: {
      "flyte.register": async (target: vscode.Uri | undefined) => {
        if (!vscode.workspace.isTrusted) {
          refuseUntrusted(log);
          return;
        }
        const source = await sourceFile(target);
        const chosen = await chooseTarget();
        if (chosen) {
          await registrar.register(source, chosen);
        }
      },
      "flyte.showRegistrationReport": () => reports.open(),
    },
    dispose() {
      registrar.dispose();
      reports.dispose();
    },
  };
}

/** Registering runs the file, and whatever its folder's Python environment holds. */
function refuseUntrusted(log: vscode.LogOutputChannel): void {
  notify(
    {
      severity: "warning",
      message: vscode.l10n.t("Registering runs your Python code, which needs a trusted workspace."),
    },
    [
      {
        title: vscode.l10n.t("Manage Workspace Trust"),
        run: () => vscode.commands.executeCommand("workbench.trust.manage"),
      },
    ],
    log,
  );
}
