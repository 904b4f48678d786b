import type * as vscode from "vscode";

/** An item of the tree: what it looks like, and what is below it. */
export interface ExplorerNode {
  /** Unique in the tree and the same after a refresh: the path to it. */
  readonly id: string;
  readonly parent: ExplorerNode | undefined;
  getTreeItem(): vscode.TreeItem;
  /** Never rejects: a failure is an item. */
  getChildren(): readonly ExplorerNode[] | Promise<readonly ExplorerNode[]>;
}

/** The id of what is below a parent under that key. Keys of the tree's own items begin with `+`, which no encoded key has. */
export function childId(parent: { readonly id: string }, key: string): string {
  return `${parent.id}/${encodeURIComponent(key)}`;
}
