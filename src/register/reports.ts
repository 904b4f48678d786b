import * as vscode from "vscode";

/** URI scheme of the reports. */
export const REPORT_SCHEME = "flyte-report";
/** Reports that can still be opened; older ones are forgotten. */
const MOST_REPORTS = 20;

/** The reports of what was registered in this window, as read-only documents. */
export class Reports implements vscode.TextDocumentContentProvider, vscode.Disposable {
  readonly #texts = new Map<string, string>();
  readonly #registration = vscode.workspace.registerTextDocumentContentProvider(REPORT_SCHEME, this);
  #count = 0;

  /** Keeps a report; gives the URI by which {@link open} shows it. `title` becomes that of its editor. */
  add(title: string, text: string): vscode.Uri {
    this.#count += 1;
    const uri = vscode.Uri.from({ scheme: REPORT_SCHEME, path: `/${this.#count}/${title}.txt` });
    this.#texts.set(uri.toString(), text);
    for (const old of [...this.#texts.keys()].slice(0, -MOST_REPORTS)) {
      this.#texts.delete(old);
    }
    return uri;
  }

  /** Shows a report, or the last one. */
  async open(uri?: vscode.Uri): Promise<void> {
    const last = uri?.toString() ?? [...this.#texts.keys()].at(-1);
    if (last === undefined) {
      throw new Error(vscode.l10n.t("Nothing has been registered in this window yet. Run “Flyte: Register” first."));
    }
    await vscode.window.showTextDocument(vscode.Uri.parse(last), { preview: true });
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.#texts.get(uri.toString()) ?? `${vscode.l10n.t("This report is no longer kept.")}\n`;
  }

  dispose(): void {
    this.#registration.dispose();
  }
}
