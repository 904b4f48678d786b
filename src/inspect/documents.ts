import * as vscode from "vscode";
import { explain } from "../flyte/advice";
import type { CallOptions, FlyteClient } from "../flyte/client";
import type { Connections } from "../flyte/connection";
import { hasEnded } from "../flyte/phase";
import { dataOf, type RunSubject } from "../flyte/subject";
import type { Detail, ExecutionData } from "../flyte/types";
import { type DocumentAddress, parsePath, SCHEME, toPath } from "./address";
import { DOCUMENT_LIMITS } from "./limits";
import { phaseOf } from "./phase";
import { errorText, failureText, valueLines } from "./render";
import { joinLines } from "./slices";

/**
 * The read-only documents of what is on a server, as files of a file system of their own: editors of files, unlike those
 * of a `TextDocumentContentProvider`, are there again after VS Code was closed. A document of something that still runs
 * is read again when its editor gets the focus; any is by `refresh`.
 */
export class Documents implements vscode.FileSystemProvider, vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  readonly onDidChangeFile = this.#changed.event;
  readonly #start = Date.now();
  /** When documents changed since: VS Code reads again only what has another time than before. */
  readonly #changedAt = new Map<string, number>();
  /** Open documents whose content may change yet, or could not be had. */
  readonly #unsettled = new Set<string>();
  /** Reads under way. */
  readonly #reading = new Map<string, AbortController>();
  readonly #disposables: vscode.Disposable[];

  constructor(
    private readonly connections: Connections,
    private readonly log: vscode.LogOutputChannel,
  ) {
    this.#disposables = [
      this.#changed,
      vscode.workspace.registerFileSystemProvider(SCHEME, this, { isReadonly: true, isCaseSensitive: true }),
      vscode.window.onDidChangeActiveTextEditor((editor) => this.#onFocus(editor?.document.uri)),
      vscode.window.onDidChangeWindowState(({ focused }) => {
        if (focused) {
          this.#onFocus(vscode.window.activeTextEditor?.document.uri);
        }
      }),
      vscode.window.tabGroups.onDidChangeTabs(({ closed }) => this.#onClosed(closed)),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => {
        this.#unsettled.delete(uri.toString());
        this.#changedAt.delete(uri.toString());
      }),
    ];
  }

  /** Opens a document beside nothing else: in the active group, as a preview. */
  async open(address: DocumentAddress): Promise<void> {
    const uri = vscode.Uri.from({ scheme: SCHEME, path: toPath(address) });
    const isOpen = vscode.workspace.textDocuments.some((document) => document.uri.toString() === uri.toString());
    if (isOpen && this.#unsettled.has(uri.toString())) {
      this.refresh(uri);
    }
    // Unlike `showTextDocument` at once, so that a slow server can be seen at work, and given up by closing the editor.
    await vscode.commands.executeCommand("vscode.open", uri, { preview: true });
  }

  /** Has a document read again. */
  refresh(uri: vscode.Uri): void {
    const key = uri.toString();
    this.#changedAt.set(key, Math.max(Date.now(), (this.#changedAt.get(key) ?? this.#start) + 1));
    this.#changed.fire([{ type: vscode.FileChangeType.Changed, uri }]);
  }

  /** Every path is a file: what cannot be shown says so in its text. */
  stat(uri: vscode.Uri): vscode.FileStat {
    const mtime = this.#changedAt.get(uri.toString()) ?? this.#start;
    return { type: vscode.FileType.File, ctime: this.#start, mtime, size: 0 };
  }

  async readFile(uri: vscode.Uri): Promise<Uint8Array> {
    const key = uri.toString();
    const controller = new AbortController();
    this.#reading.set(key, controller);
    try {
      return encode(await this.#text(uri, controller.signal), uri);
    } finally {
      if (this.#reading.get(key) === controller) {
        this.#reading.delete(key);
      }
    }
  }

  /** Only `refresh` changes a document. */
  watch(): vscode.Disposable {
    return new vscode.Disposable(() => {});
  }

  readDirectory(uri: vscode.Uri): never {
    throw vscode.FileSystemError.FileNotADirectory(uri);
  }

  createDirectory(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  writeFile(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  delete(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  rename(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  dispose(): void {
    for (const controller of this.#reading.values()) {
      controller.abort();
    }
    for (const disposable of this.#disposables) {
      disposable.dispose();
    }
  }

  async #text(uri: vscode.Uri, signal: AbortSignal): Promise<string> {
    const address = parsePath(uri.path);
    if (address === undefined) {
      return `${vscode.l10n.t("This version of Flyte for VS Code has no document at {0}.", uri.toString(true))}\n`;
    }
    try {
      const { text, settled } = await this.#content(address, signal);
      this.#note(uri, settled);
      return text;
    } catch (error) {
      const { message, advice, details } = explain(error, vscode.l10n);
      if (!signal.aborted) {
        this.#note(uri, false);
        this.log.warn(`${uri.toString(true)}: ${message}\n${details}`);
      }
      return failureText(address.form, [message, advice, details].filter(Boolean), vscode.l10n);
    }
  }

  /** Gives up reading what nobody looks at any more. */
  #onClosed(tabs: readonly vscode.Tab[]): void {
    const shown = vscode.window.tabGroups.all.flatMap((group) => group.tabs).map(uriOf);
    for (const closed of tabs.map(uriOf)) {
      if (closed && !shown.includes(closed)) {
        this.#reading.get(closed)?.abort();
      }
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
    const options = { signal };
    if (subject.kind === "entity") {
      return { text: `${(await client.getEntity(subject.id, options)).json}\n`, settled: true };
    }
    if (form === "detail" || form === "error") {
      const detail = await detailOf(client, subject, options);
      const text = form === "error" ? errorText(detail, vscode.l10n) : `${detail.json}\n`;
      return { text, settled: hasEnded(phaseOf(detail.json)) };
    }
    const read = (): Promise<ExecutionData> => dataOf(client, subject, DOCUMENT_LIMITS, options);
    const [detail, data] = await Promise.all([detailOf(client, subject, options), read()]);
    const phase = phaseOf(detail.json);
    const settled = hasEnded(phase);
    // The end that the one tells of may have come when the other had read the outputs already.
    const isEarly = settled && form === "outputs" && data.outputs.state === "none";
    const map = (isEarly ? await read() : data)[form];
    const heading = { subject, form, connection: connection.name, phase };
    return { text: await joinLines(valueLines(map, heading, vscode.l10n), signal), settled };
  }
}

function detailOf(client: FlyteClient, subject: RunSubject, options: CallOptions): Promise<Detail> {
  return subject.kind === "execution"
    ? client.getExecution(subject.id, options)
    : client.getNodeExecution(subject.id, options);
}

/** UTF-8, marked as such where the person's settings would have it read as something else. */
function encode(text: string, uri: vscode.Uri): Uint8Array {
  const files = vscode.workspace.getConfiguration("files", uri);
  const isExpected = files.get("encoding") === "utf8" && files.get("autoGuessEncoding") !== true;
  // VS Code takes a file with a zero for a binary one.
  return new TextEncoder().encode((isExpected ? "" : "\ufeff") + text.replaceAll("\0", "\ufffd"));
}

function uriOf({ input }: vscode.Tab): string | undefined {
  return input instanceof vscode.TabInputText && input.uri.scheme === SCHEME ? input.uri.toString() : undefined;
}
