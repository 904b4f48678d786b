import * as vscode from "vscode";
import type { Connection, Connections } from "../flyte/connection";
import type { Change } from "./branch";
import { ConnectionNode } from "./connection-node";
import { ListNode } from "./list-node";
import { ProblemNode } from "./message-nodes";
import type { ExplorerNode } from "./node";
import { Watcher } from "./watcher";

/** The tree of all connections. It fetches what is opened, and keeps what is in sight up to date. */
export class ExplorerTree implements vscode.TreeDataProvider<ExplorerNode>, vscode.Disposable {
  readonly #connections: Connections;
  readonly #changes = new vscode.EventEmitter<ExplorerNode | ExplorerNode[] | undefined>();
  readonly #roots = new Map<Connection, ConnectionNode>();
  /** Lists whose children VS Code asked for, and that were not collapsed since. */
  readonly #expanded = new Set<ListNode>();
  /** All items that were collapsed: what is below them is out of sight. */
  readonly #collapsed = new Set<string>();
  readonly #watcher = new Watcher<ListNode>((node, change) => this.#draw(node, change));
  #isVisible = false;

  readonly onDidChangeTreeData = this.#changes.event;

  constructor(connections: Connections) {
    this.#connections = connections;
  }

  getTreeItem(node: ExplorerNode): vscode.TreeItem {
    return node.getTreeItem();
  }

  getParent(node: ExplorerNode): ExplorerNode | undefined {
    return node.parent;
  }

  async getChildren(node?: ExplorerNode): Promise<ExplorerNode[]> {
    if (!node) {
      return this.#rootNodes();
    }
    if (node instanceof ListNode) {
      this.#expanded.add(node);
    }
    const children = await node.getChildren();
    this.#watch();
    return [...children];
  }

  /** The item of a connection. */
  root(connection: Connection): ConnectionNode {
    let node = this.#roots.get(connection);
    if (!node) {
      node = new ConnectionNode(connection, this.#connections);
      this.#roots.set(connection, node);
    }
    return node;
  }

  /** Asks the servers again for all that is in sight, and for the rest once it is opened. */
  refresh(): void {
    for (const node of this.#expanded) {
      node.markStale();
    }
    this.redraw();
  }

  /** Draws everything again, with what is known of all but those connections that were stopped or started. */
  redraw(): void {
    for (const root of this.#roots.values()) {
      if (root.didStopOrStart()) {
        for (const node of this.#listsBelow(root)) {
          node.markStale();
        }
      }
    }
    this.#changes.fire(undefined);
  }

  /** Tries again what failed with a list, and once that went well all else that failed on the same connection. */
  async retry(list: ListNode): Promise<void> {
    await this.#during(list, list.retry());
    if (!list.hasFailed) {
      for (const other of this.#listsBelow(rootOf(list)).filter(({ hasFailed }) => hasFailed)) {
        other.markStale();
        this.#changes.fire(other);
      }
    }
  }

  async loadMore(list: ListNode): Promise<void> {
    await this.#during(list, list.loadMore());
  }

  didExpand(node: ExplorerNode): void {
    this.#collapsed.delete(node.id);
    // VS Code took what there was when a call was given up for the children, and would not ask again.
    for (const list of this.#expanded) {
      if (list.isCancelled && this.#isInSight(list)) {
        this.#changes.fire(list);
      }
    }
    this.#watch();
  }

  didCollapse(node: ExplorerNode): void {
    this.#collapsed.add(node.id);
    this.#watch();
    for (const list of this.#expanded) {
      if (!this.#isInSight(list)) {
        list.cancel();
      }
    }
  }

  didChangeVisibility(isVisible: boolean): void {
    this.#isVisible = isVisible;
    this.#watch();
  }

  dispose(): void {
    this.#watcher.dispose();
    for (const node of this.#expanded) {
      node.cancel();
    }
    this.#expanded.clear();
    this.#changes.dispose();
  }

  #rootNodes(): ExplorerNode[] {
    const { all, problems } = this.#connections;
    for (const [connection, node] of this.#roots) {
      if (!all.includes(connection)) {
        this.#roots.delete(connection);
        this.#forget(this.#listsBelow(node));
      }
    }
    return [...problems.map((problem) => new ProblemNode(problem)), ...all.map((connection) => this.root(connection))];
  }

  #listsBelow(root: ExplorerNode): ListNode[] {
    return [...this.#expanded].filter((node) => rootOf(node) === root);
  }

  /** Gives up all that is loaded, or being loaded. */
  #forget(nodes: readonly ListNode[]): void {
    for (const node of nodes) {
      this.#expanded.delete(node);
      node.cancel();
    }
  }

  /** VS Code, told to draw a list, waits for the call under way, and shows meanwhile that it does. */
  async #during(list: ListNode, call: Promise<unknown>): Promise<void> {
    this.#changes.fire(list);
    await call;
  }

  #draw(node: ListNode, { list, children }: Change<ExplorerNode>): void {
    // Of a list that is the same only those items that show something else.
    this.#changes.fire(list ? node : [...children]);
    this.#watch();
  }

  #watch(): void {
    this.#forget([...this.#expanded].filter((node) => !isAttached(node)));
    this.#watcher.watch(this.#isVisible ? [...this.#expanded].filter((node) => this.#isInSight(node)) : []);
  }

  #isInSight(node: ExplorerNode): boolean {
    return !this.#collapsed.has(node.id) && (node.parent === undefined || this.#isInSight(node.parent));
  }
}

/** Whether it is still among its parent's children, and its parent among theirs. */
function isAttached(node: ExplorerNode): boolean {
  const { parent } = node;
  if (parent === undefined) {
    return true;
  }
  return (!(parent instanceof ListNode) || parent.shownChildren().includes(node)) && isAttached(parent);
}

function rootOf(node: ExplorerNode): ExplorerNode {
  return node.parent ? rootOf(node.parent) : node;
}
