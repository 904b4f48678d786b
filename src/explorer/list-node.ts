import * as vscode from "vscode";
import { ConnectionStopped } from "../flyte/connection";
import type { Page, PageRequest } from "../flyte/types";
import { Branch, type Change } from "./branch";
import { EmptyNode, ErrorNode, MoreNode } from "./message-nodes";
import type { ExplorerNode } from "./node";

/** A child of a list: made of a row, and taking over later ones. */
export interface RowNode<Row> extends ExplorerNode {
  /** Whether the row shows anything new. */
  update(row: Row): boolean;
}

/** A tree item whose children are a list on a server. */
export abstract class ListNode<Row = unknown> implements ExplorerNode {
  abstract readonly id: string;
  abstract readonly parent: ExplorerNode | undefined;
  readonly #branch: Branch<Row, RowNode<Row>>;

  constructor() {
    this.#branch = new Branch({
      fetch: (page, signal) => this.fetch(page, signal),
      key: (row) => this.key(row),
      create: (row) => this.create(row),
      update: (node, row) => node.update(row),
    });
  }

  abstract getTreeItem(): vscode.TreeItem;

  protected abstract fetch(page: PageRequest, signal: AbortSignal): Promise<Page<Row>>;
  protected abstract key(row: Row): string;
  protected abstract create(row: Row): RowNode<Row>;
  /** What to say when the list is empty; undefined where that says itself. */
  protected abstract emptyText(): string | undefined;
  /** Items above the list. */
  protected fixedChildren(): readonly ExplorerNode[] {
    return [];
  }

  /** Whether something of the list, as far as it is loaded, is still changing on the server. */
  isUnfinished(): boolean {
    return false;
  }

  get rows(): readonly RowNode<Row>[] {
    return this.#branch.children;
  }

  get count(): number {
    return this.#branch.children.length;
  }

  get hasFailed(): boolean {
    return this.#branch.error !== undefined;
  }

  async getChildren(): Promise<readonly ExplorerNode[]> {
    await this.#branch.load();
    return this.shownChildren();
  }

  /** What is loaded, with what goes around it. */
  shownChildren(): readonly ExplorerNode[] {
    const { children, hasMore, error } = this.#branch;
    if (error instanceof ConnectionStopped) {
      return [new ErrorNode(this, error)];
    }
    const isEmpty = this.#branch.isLoaded && children.length === 0 && error === undefined && !hasMore;
    const emptyText = isEmpty ? this.emptyText() : undefined;
    const errorNodes = error === undefined ? [] : [new ErrorNode(this, error)];
    const isAtEnd = this.#branch.hasFailedOnMore;
    return [
      // Of a long list nobody sees the end.
      ...(isAtEnd ? [] : errorNodes),
      ...(children.length === 0 && error !== undefined ? [] : this.fixedChildren()),
      ...children,
      ...(isAtEnd ? errorNodes : []),
      ...(hasMore && error === undefined ? [new MoreNode(this)] : []),
      ...(emptyText === undefined ? [] : [new EmptyNode(this, emptyText)]),
    ];
  }

  loadMore(): Promise<unknown> {
    return this.#branch.loadMore();
  }

  retry(): Promise<unknown> {
    return this.#branch.retry();
  }

  /** Asks the server again; what changed, or undefined when nothing did. Rejects with what it failed with. */
  async poll(): Promise<Change<ExplorerNode> | undefined> {
    const change = await this.#branch.poll();
    if (change.failure !== undefined) {
      throw change.failure;
    }
    return change.list || change.children.length > 0 ? change : undefined;
  }

  /** Shows a failure as an item. */
  fail(error: unknown): void {
    this.#branch.fail(error);
  }

  /** Has the server asked again when this is next drawn, and also for the lists that go around it. */
  markStale(): void {
    this.#branch.markStale();
    for (const child of this.fixedChildren()) {
      if (child instanceof ListNode) {
        child.markStale();
      }
    }
  }

  /** Gives up the call under way. */
  cancel(): void {
    this.#branch.cancel();
  }

  /** Whether the last call was given up. */
  get isCancelled(): boolean {
    return this.#branch.isCancelled;
  }
}

/** An item of the tree that opens, with an icon. */
export function branchItem(node: ExplorerNode, label: string, icon: string, contextValue: string): vscode.TreeItem {
  const item = new vscode.TreeItem(label, vscode.TreeItemCollapsibleState.Collapsed);
  item.id = node.id;
  item.iconPath = new vscode.ThemeIcon(icon);
  item.contextValue = contextValue;
  return item;
}
