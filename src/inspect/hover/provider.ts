import * as vscode from "vscode";
import { explain } from "../../flyte/advice";
import type { FlyteClient } from "../../flyte/client";
import type { Connections } from "../../flyte/connection";
import { dataOf, type RunSubject } from "../../flyte/subject";
import type { EntityName, Scope } from "../../flyte/types";
import { scopeWords } from "../../flyte/words";
import { HOVER_LIMITS } from "../limits";
import { type Definition, definitions } from "./definitions";
import { HOVER_COMMANDS, type HoverText, type LastRun, lastRunText, neverRunText, unknownText } from "./hover-text";
import { moduleName } from "./module-name";
import { SharedCalls } from "./shared-calls";

/** Milliseconds for which an answer serves. */
const KEEP = 5_000;
/** Milliseconds until a hover gives up. */
const PATIENCE = 10_000;

/**
 * Shows the last execution of the task or workflow whose definition the mouse is on. Quiet: it asks only a server that is
 * connected, once at a time for each entity, and never shows an error but in the hover itself.
 */
export class LastExecutionHover implements vscode.HoverProvider, vscode.Disposable {
  readonly #runs = new SharedCalls<LastRun | undefined>(KEEP);
  readonly #disposables: vscode.Disposable[];
  /** The definitions of the document that was looked at last. */
  #scanned: { readonly uri: string; readonly version: number; readonly found: readonly Definition[] } | undefined;

  constructor(
    private readonly connections: Connections,
    private readonly log: vscode.LogOutputChannel,
  ) {
    this.#disposables = [
      vscode.languages.registerHoverProvider({ language: "python", scheme: "file" }, this),
      connections.onDidChange(() => this.#runs.clear()),
    ];
  }

  async provideHover(
    document: vscode.TextDocument,
    position: vscode.Position,
    token: vscode.CancellationToken,
  ): Promise<vscode.Hover | undefined> {
    const connection = this.connections.current;
    const client = connection?.clientIfRunning();
    const scope = this.connections.scope;
    if (connection === undefined || client === undefined || scope === undefined || !isEnabled(document.uri)) {
      return undefined;
    }
    const definition = this.#definitionAt(document, position);
    if (definition === undefined) {
      return undefined;
    }
    const controller = new AbortController();
    const cancelled = token.onCancellationRequested(() => controller.abort());
    try {
      const name = `${await moduleName(document.uri.fsPath)}.${definition.name}`;
      const entity: EntityName = { ...scope, kind: definition.kind, name };
      const key = JSON.stringify([connection.id, scope.org, scope.project, scope.domain, entity.kind, name]);
      const run = await this.#runs.get(key, controller.signal, (signal) =>
        lastRun(client, connection.id, entity, signal),
      );
      return hover(textOf(run, scope), definitionRange(document, definition));
    } catch (error) {
      if (token.isCancellationRequested) {
        return undefined;
      }
      const { message, details } = explain(error, vscode.l10n);
      this.log.debug(`hover ${definition.name}: ${message}\n${details}`);
      return hover(unknownText(message, vscode.l10n), definitionRange(document, definition));
    } finally {
      cancelled.dispose();
    }
  }

  dispose(): void {
    this.#runs.clear();
    for (const disposable of this.#disposables) {
      disposable.dispose();
    }
  }

  #definitionAt(document: vscode.TextDocument, position: vscode.Position): Definition | undefined {
    const uri = document.uri.toString();
    if (this.#scanned?.uri !== uri || this.#scanned.version !== document.version) {
      this.#scanned = { uri, version: document.version, found: definitions(document.getText()) };
    }
    return this.#scanned.found.find((definition) => definitionRange(document, definition).contains(position));
  }
}

function isEnabled(resource: vscode.Uri): boolean {
  return vscode.workspace.getConfiguration("flyte", resource).get("hover.enabled", true);
}

function definitionRange(document: vscode.TextDocument, { offset, name }: Definition): vscode.Range {
  return new vscode.Range(document.positionAt(offset), document.positionAt(offset + name.length));
}

async function lastRun(
  client: FlyteClient,
  connectionId: string,
  entity: EntityName,
  signal: AbortSignal,
): Promise<LastRun | undefined> {
  const options = { signal, timeoutMs: PATIENCE };
  const last = await client.lastExecution(entity, options);
  if (last === undefined) {
    return undefined;
  }
  const subject: RunSubject = last.node
    ? { connectionId, kind: "node", id: last.node.id }
    : { connectionId, kind: "execution", id: last.execution.id };
  return { last, data: await dataOf(client, subject, HOVER_LIMITS, options), subject };
}

function textOf(run: LastRun | undefined, scope: Scope): HoverText {
  return run === undefined ? neverRunText(scopeWords(scope), vscode.l10n) : lastRunText(run, Date.now(), vscode.l10n);
}

function hover({ heading, body }: HoverText, range: vscode.Range): vscode.Hover {
  const parts = [new vscode.MarkdownString(heading, true), ...(body ? [new vscode.MarkdownString(body)] : [])];
  for (const part of parts) {
    part.isTrusted = { enabledCommands: [...HOVER_COMMANDS] };
  }
  return new vscode.Hover(parts, range);
}
