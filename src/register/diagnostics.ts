import * as vscode from "vscode";
import type { Problem } from "./problems";

/** Shows what is wrong at its line. The problems of a registered file stay until it is registered again. */
export class Diagnostics implements vscode.Disposable {
  readonly #collection = vscode.languages.createDiagnosticCollection("flyte");
  /** By the file that was registered; its problems may be in others. */
  readonly #problems = new Map<string, readonly Problem[]>();

  /** Takes the place of what was shown for `file`. */
  async show(file: string, problems: readonly Problem[]): Promise<void> {
    const touched = new Set([...(this.#problems.get(file) ?? []), ...problems].map((problem) => problem.file));
    this.#problems.set(file, problems);
    const all = [...this.#problems.values()].flat();
    for (const source of touched) {
      const here = all.filter((problem) => problem.file === source);
      const uri = vscode.Uri.file(source);
      this.#collection.set(uri, here.length === 0 ? undefined : await toDiagnostics(uri, here));
    }
  }

  dispose(): void {
    this.#collection.dispose();
  }
}

async function toDiagnostics(uri: vscode.Uri, problems: readonly Problem[]): Promise<vscode.Diagnostic[]> {
  const document = await vscode.workspace.openTextDocument(uri).then(
    (document) => document,
    // It may be gone since; the problem is still worth showing.
    () => undefined,
  );
  return problems.map((problem) => {
    const diagnostic = new vscode.Diagnostic(rangeOf(problem, document), problem.message);
    diagnostic.source = "Flyte";
    diagnostic.code = problem.code;
    return diagnostic;
  });
}

/** What is written in the line, from the column if that is known. */
export function rangeOf({ line, column }: Problem, document: vscode.TextDocument | undefined): vscode.Range {
  const index = Math.max(line - 1, 0);
  if (document === undefined || index >= document.lineCount) {
    return new vscode.Range(index, 0, index, 0);
  }
  const { range, firstNonWhitespaceCharacterIndex } = document.lineAt(index);
  const start = column === undefined ? firstNonWhitespaceCharacterIndex : Math.min(column - 1, range.end.character);
  return new vscode.Range(
    index,
    start < range.end.character ? start : firstNonWhitespaceCharacterIndex,
    index,
    range.end.character,
  );
}
