import path from "node:path";
import * as vscode from "vscode";

/** A Python file that can be registered: trusted, on disk as it is in the editor. */
export interface SourceFile {
  readonly uri: vscode.Uri;
  /** The workspace folder that it is in. */
  readonly folder: string | undefined;
}

/**
 * The file to register: that of `target`, else of the active editor; saved first.
 * @throws {Error} with a message for a person when there is none, or it cannot be registered
 */
export async function sourceFile(target: vscode.Uri | undefined): Promise<SourceFile> {
  const document = target ? await vscode.workspace.openTextDocument(target) : vscode.window.activeTextEditor?.document;
  if (document === undefined || (document.languageId !== "python" && path.extname(document.uri.path) !== ".py")) {
    throw new Error(vscode.l10n.t("Open the Python file with your tasks and workflows first, then register it."));
  }
  if (document.isUntitled) {
    throw new Error(
      vscode.l10n.t(
        "This file has not been saved yet. Save it in your project first: Flyte names entities by their file.",
      ),
    );
  }
  if (document.uri.scheme !== "file") {
    throw new Error(
      vscode.l10n.t("{0} is not a file on this machine, so that it cannot be registered.", document.fileName),
    );
  }
  if (document.isDirty && !(await document.save())) {
    throw new Error(vscode.l10n.t("{0} could not be saved, so that it was not registered.", document.fileName));
  }
  return { uri: document.uri, folder: vscode.workspace.getWorkspaceFolder(document.uri)?.uri.fsPath };
}
