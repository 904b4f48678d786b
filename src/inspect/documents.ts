import * as vscode from "vscode";
import { explain } from "../flyte/advice";
import type { CallOptions, FlyteClient } from "../flyte/client";
import type { Connections } from "../flyte/connection";
import { hasEnded } from "../flyte/phase";
import type { Subject } from "../flyte/subject";
import type { Detail, ExecutionData } from "../flyte/types";
import { type DocumentAddress, parsePath, SCHEME, toPath } from "./address";
import { DOCUMENT_LIMITS } from "./limits";
import { phaseOf } from "./phase";
import { errorText, failureText, valueLines } from "./render";
import { joinLines } from "./slices";

/**
 * The read-only documents of what is on a server. A document of something that still runs is read again when its editor
 * gets the focus; any is by `refresh`.
 */
export class Documents implements vscode.TextDocumentContentProvider, vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.#changed.event;
  /** Open documents whose content may change yet, or could not be had. */
  readonly #unsettled = new Set<string>();
  readonly #disposables: vscode.Disposable[];

  constructor(
    private readonly connections: Connections,
    private readonly log: vscode.LogOutputChannel,
  ) {
    this.#disposables = [
      this.#changed,
      vscode.workspace.registerTextDocumentContentProvider(SCHEME, this),
      vscode.window.onDidChangeActiveTextEditor((editor) => this.#onFocus(editor?.document.uri)),
      vscode.window.onDidChangeWindowState(({ focused }) => {
        if (focused) {
          this.#onFocus(vscode.window.activeTextEditor?.document.uri);
        }
      }),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => this.#unsettled.delete(uri.toString())),
    ];
  }

  /** Opens a document beside nothing else: in the active group, as a preview. */
  async open(address: DocumentAddress): Promise<void> {
    const uri = vscode.Uri.from({ scheme: SCHEME, path: toPath(address) });
    const isOpen = vscode.workspace.textDocuments.some((document) => document.uri.toString() === uri.toString());
    if (isOpen && this.#unsettled.has(uri.toString())) {
      this.refresh(uri);
    }
    await vscode.window.showTextDocument(uri, { preview: true });
  }

  /** Has a document read again. */
  refresh(uri: vscode.Uri): void {
    this.#changed.fire(uri);
  }

  async provideTextDocumentContent(uri: vscode.Uri, token: vscode.CancellationToken): Promise<string> {
    const address = parsePath(uri.path);
    if (address === undefined) {
      return `${vscode.l10n.t("This version of Flyte for VS Code has no document at {0}.", uri.toString(true))}\n`;
    }
    const controller = new AbortController();
    const cancelled = token.onCancellationRequested(() => controller.abort());
    try {
      const { text, settled } = await this.#content(address, controller.signal);
      this.#note(uri, settled);
      return text;
    } catch (error) {
      this.#note(uri, false);
      const { message, advice, details } = explain(error, vscode.l10n);
      this.log.warn(`${uri.toString(true)}: ${message}\n${details}`);
      return failureText(address.form, [message, advice, details].filter(Boolean), vscode.l10n);
    } finally {
      cancelled.dispose();
    }
  }

  dispose(): void {
    for (const disposable of this.#disposables) {
      disposable.dispose();
    }
  }

  #onFocus(uri: vscode.Uri | undefined): void {
    if (uri?.scheme === SCHEME && this.#unsettled.has(uri.toString())) {
      this.refresh(uri);
    }
  }

  #note(uri: vscode.Uri, settled: boolean): void {
    if (settled) {
      this.#unsettled.delete(uri.toString());
    } else {
      this.#unsettled.add(uri.toString());
    }
  }

  /** The text, and whether it is final. */
  async #content({ subject, form }: DocumentAddress, signal: AbortSignal): Promise<{ text: string; settled: boolean }> {
    const connection = this.connections.get(subject.connectionId);
    if (connection === undefined) {
      throw new Error(vscode.l10n.t("There is no connection “{0}” any more.", subject.connectionId));
    }
    const client = await connection.client();
    // Before the values, so that an end that it tells of is in them too.
    const detail = await getDetail(client, subject, { signal });
    const phase = phaseOf(detail.json);
    const settled = subject.kind === "entity" || hasEnded(phase);
    if (subject.kind === "entity" || form === "detail" || form === "error") {
      return {
        text:
          form === "error"
            ? errorText(detail, vscode.l10n)
            : `${detail.json}
`,
        settled,
      };
    }
    const data = await getData(client, subject, { signal });
    const heading = { subject, form, connection: connection.name, phase };
    return { text: await joinLines(valueLines(data[form], heading, vscode.l10n), signal), settled };
  }
}

function getDetail(client: FlyteClient, subject: Subject, options: CallOptions): Promise<Detail> {
  switch (subject.kind) {
    case "execution":
      return client.getExecution(subject.id, options);
    case "node":
      return client.getNodeExecution(subject.id, options);
    case "entity":
      return client.getEntity(subject.id, options);
  }
}

function getData(
  client: FlyteClient,
  subject: Exclude<Subject, { readonly kind: "entity" }>,
  options: CallOptions,
): Promise<ExecutionData> {
  return subject.kind === "execution"
    ? client.getExecutionData(subject.id, DOCUMENT_LIMITS, options)
    : client.getNodeExecutionData(subject.id, DOCUMENT_LIMITS, options);
}
