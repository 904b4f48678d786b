import * as vscode from "vscode";
import { explain, sentence } from "../flyte/advice";
import { type ConnectionProblem, ConnectionStopped } from "../flyte/connection";
import type { ListNode } from "./list-node";
import { tooltip } from "./markdown";
import type { ExplorerNode } from "./node";

/** "Load more…" below a list of which there is more. */
export class MoreNode implements ExplorerNode {
  readonly id: string;

  constructor(readonly parent: ListNode) {
    this.id = `${parent.id}/+more`;
  }

  getTreeItem(): vscode.TreeItem {
    const label = vscode.l10n.t("Load more…");
    const item = new vscode.TreeItem(label);
    item.id = this.id;
    item.description = vscode.l10n.t("{0} shown", this.parent.count);
    item.iconPath = new vscode.ThemeIcon("ellipsis");
    item.contextValue = "flyte.more";
    item.command = { command: "flyte.loadMore", title: label, arguments: [this] };
    item.accessibilityInformation = { label: `${label} ${item.description}`, role: "button" };
    return item;
  }

  getChildren(): readonly ExplorerNode[] {
    return [];
  }
}

/** What went wrong with a list, with the way to try again. */
export class ErrorNode implements ExplorerNode {
  readonly id: string;
  readonly #error: unknown;

  constructor(
    readonly parent: ListNode,
    error: unknown,
  ) {
    this.id = `${parent.id}/+error`;
    this.#error = error;
  }

  getTreeItem(): vscode.TreeItem {
    const isStopped = this.#error instanceof ConnectionStopped;
    const { message, advice, details } = explain(this.#error, vscode.l10n);
    const action = isStopped ? vscode.l10n.t("Start") : vscode.l10n.t("Retry");
    // The first sentence says what happened; what to do is in the tooltip.
    const [happened = message] = message.split(/(?<=[.!?])\s/);
    const item = new vscode.TreeItem(happened);
    item.id = this.id;
    item.description = action;
    item.iconPath = isStopped
      ? new vscode.ThemeIcon("debug-stop")
      : new vscode.ThemeIcon("error", new vscode.ThemeColor("list.errorForeground"));
    item.tooltip = tooltip(message, advice, details);
    item.contextValue = isStopped ? "flyte.stopped" : "flyte.error";
    item.command = {
      command: isStopped ? "flyte.startLocal" : "flyte.retry",
      title: action,
      arguments: isStopped ? [] : [this],
    };
    item.accessibilityInformation = {
      label: vscode.l10n.t("Error: {0} Press Enter: {1}.", sentence({ message, advice, details }), action),
      role: "button",
    };
    return item;
  }

  getChildren(): readonly ExplorerNode[] {
    return [];
  }
}

/** Says that a list is empty, which an item without children would leave open. */
export class EmptyNode implements ExplorerNode {
  readonly id: string;

  constructor(
    readonly parent: ExplorerNode,
    private readonly text: string,
  ) {
    this.id = `${parent.id}/+empty`;
  }

  getTreeItem(): vscode.TreeItem {
    const item = new vscode.TreeItem(this.text);
    item.id = this.id;
    item.contextValue = "flyte.empty";
    item.accessibilityInformation = { label: this.text };
    return item;
  }

  getChildren(): readonly ExplorerNode[] {
    return [];
  }
}

/** A mistake in the configuration; a click leads to it. */
export class ProblemNode implements ExplorerNode {
  readonly parent = undefined;
  readonly id: string;

  constructor(private readonly problem: ConnectionProblem) {
    this.id = `+problem/${encodeURIComponent(problem.message)}`;
  }

  getTreeItem(): vscode.TreeItem {
    const { message, file } = this.problem;
    const item = new vscode.TreeItem(message);
    item.id = this.id;
    item.iconPath = new vscode.ThemeIcon("warning", new vscode.ThemeColor("list.warningForeground"));
    item.tooltip = tooltip(message, vscode.l10n.t("Select this item to open the place where it is configured."), "");
    item.contextValue = "flyte.problem";
    item.command = file
      ? { command: "vscode.open", title: vscode.l10n.t("Open the File"), arguments: [vscode.Uri.file(file)] }
      : { command: "flyte.openConnectionSettings", title: vscode.l10n.t("Open the Settings") };
    item.accessibilityInformation = { label: vscode.l10n.t("Problem: {0}", message), role: "button" };
    return item;
  }

  getChildren(): readonly ExplorerNode[] {
    return [];
  }
}
