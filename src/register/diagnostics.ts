import * as vscode from "vscode";
import { type Edit, lineAfter } from "./line-edits";
import type { Problem } from "./problems";

/** A problem with where it is now: in one line. */
interface Placed {
  readonly problem: Problem;
  readonly uri: vscode.Uri;
  readonly range: vscode.Range;
}

/**
 * Shows what is wrong at its line: until the line is edited, its file is renamed or deleted, or the file that was
 * registered is so or is registered again. Edits elsewhere in the file move it along.
 */
export class Diagnostics implements vscode.Disposable {
  readonly #collection = vscode.languages.createDiagnosticCollection("flyte");
  /** By the file that was registered; its problems may be in others. */
  readonly #placed = new Map<string, readonly Placed[]>();
  readonly #disposables: vscode.Disposable[];

  constructor() {
    this.#disposables = [
      this.#collection,
      vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) =>
        this.#follow(document.uri, contentChanges),
      ),
      vscode.workspace.onDidDeleteFiles(({ files }) => this.#forget(files)),
      vscode.workspace.onDidRenameFiles(({ files }) => this.#forget(files.map(({ oldUri }) => oldUri))),
    ];
  }

  /** Takes the place of what was shown for `file`. */
  async show(file: string, problems: readonly Problem[]): Promise<void> {
    const documents = await Promise.all(problems.map((problem) => documentOf(problem)));
    this.#replace(
      file,
      problems.map((problem, index) => place(problem, documents[index])),
    );
  }

  dispose(): void {
    for (const disposable of this.#disposables) {
      disposable.dispose();
    }
  }

  #replace(file: string, placed: readonly Placed[]): void {
    const before = this.#placed.get(file) ?? [];
    if (placed.length > 0) {
      this.#placed.set(file, placed);
    } else {
      this.#placed.delete(file);
    }
    const all = [...this.#placed.values()].flat();
    const touched = new Map([...before, ...placed].map(({ uri }) => [uri.toString(), uri]));
    for (const [key, uri] of touched) {
      const here = all.filter((other) => other.uri.toString() === key).map(toDiagnostic);
      this.#collection.set(uri, here.length > 0 ? here : undefined);
    }
  }

  #follow(uri: vscode.Uri, edits: readonly Edit[]): void {
    if (edits.length > 0 && this.#collection.has(uri)) {
      this.#update((placed) => (placed.uri.toString() === uri.toString() ? moved(placed, edits) : placed));
    }
  }

  /** Files, or folders with all that is in them, are no longer there. */
  #forget(gone: readonly vscode.Uri[]): void {
    const isGone = (uri: vscode.Uri): boolean =>
      gone.some((other) => uri.path === other.path || uri.path.startsWith(`${other.path}/`));
    for (const file of [...this.#placed.keys()].filter((file) => isGone(vscode.Uri.file(file)))) {
      this.#replace(file, []);
    }
    this.#update((placed) => (isGone(placed.uri) ? undefined : placed));
  }

  /** Puts in the place of each diagnostic what `change` makes of it, or nothing. */
  #update(change: (placed: Placed) => Placed | undefined): void {
    for (const [file, before] of [...this.#placed]) {
      const after = before.map(change).filter((placed) => placed !== undefined);
      if (after.length !== before.length || after.some((placed, index) => placed !== before[index])) {
        this.#replace(file, after);
      }
    }
  }
}

/** The document that a problem is in; undefined when it is gone since: the problem is still worth showing. */
async function documentOf({ file }: Problem): Promise<vscode.TextDocument | undefined> {
  try {
    return await vscode.workspace.openTextDocument(vscode.Uri.file(file));
  } catch {
    return undefined;
  }
}

function place(problem: Problem, document: vscode.TextDocument | undefined): Placed {
  return { problem, uri: vscode.Uri.file(problem.file), range: rangeOf(problem, document) };
}

/** The same after some edits; undefined when they changed its line. */
function moved(placed: Placed, edits: readonly Edit[]): Placed | undefined {
  const { start, end } = placed.range;
  let line: number | undefined = start.line;
  for (const edit of edits) {
    line = line === undefined ? undefined : lineAfter(line, end.character, edit);
  }
  if (line === undefined) {
    return undefined;
  }
  return line === start.line
    ? placed
    : { ...placed, range: new vscode.Range(line, start.character, line, end.character) };
}

function toDiagnostic({ range, problem }: Placed): vscode.Diagnostic {
  const diagnostic = new vscode.Diagnostic(range, problem.message);
  diagnostic.source = "Flyte";
  diagnostic.code = problem.code;
  return diagnostic;
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
