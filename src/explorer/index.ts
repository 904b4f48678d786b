import * as vscode from "vscode";
import type { Feature } from "../commands";
import type { Connection, Connections } from "../flyte/connection";
import type { Scope } from "../flyte/types";
import { ErrorNode, MoreNode } from "./message-nodes";
import type { ExplorerNode } from "./node";
import { DomainNode } from "./scope-nodes";
import { ExplorerTree } from "./tree";

/** Id of the view, as package.json contributes it. */
export const VIEW = "flyte.explorer";

/** Set while the tree has nothing to show, for the welcome view. */
const EMPTY_CONTEXT = "flyte.isEmpty";

export type ExplorerCommand =
  | "flyte.refresh"
  | "flyte.retry"
  | "flyte.loadMore"
  | "flyte.useScope"
  | "flyte.copyName"
  | "flyte.copyId";

export interface ExplorerParts {
  readonly connections: Connections;
  /** Makes a connection with a scope the current one. */
  selectScope(connection: Connection, scope: Scope): Promise<void>;
}

export interface ExplorerFeature extends Feature<ExplorerCommand> {
  readonly tree: ExplorerTree;
  /** Asks the servers again. */
  refresh(): void;
  /** Shows a connection, opened. */
  reveal(connection: Connection): Promise<void>;
}

/** The tree view of the connections with what is on them. */
export function createExplorer({ connections, selectScope }: ExplorerParts): ExplorerFeature {
  const tree = new ExplorerTree(connections);
  const view = vscode.window.createTreeView<ExplorerNode>(VIEW, { treeDataProvider: tree, showCollapseAll: true });
  const showEmpty = (): void => {
    const isEmpty = connections.all.length === 0 && connections.problems.length === 0;
    void vscode.commands.executeCommand("setContext", EMPTY_CONTEXT, isEmpty);
  };
  showEmpty();
  tree.didChangeVisibility(view.visible);
  const disposables = [
    tree,
    view,
    view.onDidExpandElement(({ element }) => tree.didExpand(element)),
    view.onDidCollapseElement(({ element }) => tree.didCollapse(element)),
    view.onDidChangeVisibility(({ visible }) => tree.didChangeVisibility(visible)),
    connections.onDidChange(() => {
      showEmpty();
      tree.redraw();
    }),
  ];

  return {
    tree,
    refresh: () => tree.refresh(),
    reveal: (connection) => Promise.resolve(view.reveal(tree.root(connection), { expand: true, select: true })),
    commands: {
      "flyte.refresh": () => tree.refresh(),
      "flyte.retry": (node: unknown) => (node instanceof ErrorNode ? tree.retry(node.parent) : undefined),
      "flyte.loadMore": (node: unknown) => (node instanceof MoreNode ? tree.loadMore(node.parent) : undefined),
      "flyte.useScope": async (node: unknown) => {
        if (node instanceof DomainNode) {
          await selectScope(node.target.connection, node.target.scope);
        }
      },
      // By a key there is no argument, but a selection.
      "flyte.copyName": (node: unknown) => copy(node ?? view.selection[0], "name"),
      "flyte.copyId": (node: unknown) => copy(node ?? view.selection[0], "urn"),
    },
    dispose: () => {
      for (const disposable of disposables) {
        disposable.dispose();
      }
    },
  };
}

/** Puts what an item is called onto the clipboard. */
async function copy(node: unknown, key: "name" | "urn"): Promise<void> {
  const text = typeof node === "object" && node !== null && (node as Partial<Record<typeof key, unknown>>)[key];
  if (typeof text === "string") {
    await vscode.env.clipboard.writeText(text);
  }
}
