import { isDeepStrictEqual } from "node:util";
import * as vscode from "vscode";
import type { Target } from "../flyte/connection";
import { hasEnded, phaseWords } from "../flyte/phase";
import type { HasSubject, Subject } from "../flyte/subject";
import { durationText } from "../flyte/times";
import type { ExecutionId, NodeExecutionRow, Page, PageRequest } from "../flyte/types";
import { DataNode } from "./data-node";
import { branchItem, ListNode, type RowNode } from "./list-node";
import { facts, moment } from "./markdown";
import { childId, type ExplorerNode } from "./node";
import { phaseIcon } from "./phase-icon";
import { urn } from "./urn";

/** A node of an execution, with its inputs and outputs, the nodes in it, and the execution that it launched. */
export class NodeExecutionNode extends ListNode<NodeExecutionRow> implements RowNode<NodeExecutionRow>, HasSubject {
  readonly id: string;
  readonly subject: Subject;
  readonly urn: string;
  readonly #data: readonly DataNode[];
  #row: NodeExecutionRow;
  #launched: LaunchedExecutionNode | undefined;

  constructor(
    readonly parent: ExplorerNode,
    readonly target: Target,
    row: NodeExecutionRow,
  ) {
    super();
    this.id = childId(parent, row.id.nodeId);
    this.#row = row;
    this.subject = { connectionId: target.connection.id, kind: "node", id: row.id };
    this.urn = urn(this.subject);
    this.#data = DataNode.both(this, this.subject);
    this.#takeLaunched(row);
  }

  get name(): string {
    return this.#row.displayName;
  }

  get hasEnded(): boolean {
    return hasEnded(this.#row.phase);
  }

  update(row: NodeExecutionRow): boolean {
    if (isDeepStrictEqual(row, this.#row)) {
      return false;
    }
    this.#row = row;
    this.#takeLaunched(row);
    // What it holds went on with it, to the last.
    this.markStale();
    return true;
  }

  override isUnfinished(): boolean {
    return this.#row.isParent && !this.hasEnded;
  }

  override getTreeItem(): vscode.TreeItem {
    const { l10n } = vscode;
    const { id, displayName, phase, createdAt, startedAt, duration, cached, error } = this.#row;
    const words = phaseWords(phase, l10n);
    const item = branchItem(this, displayName, "circle", `flyte.node${error ? ".failed" : ""}`);
    item.iconPath = phaseIcon(phase);
    item.description = [
      words,
      cached ? l10n.t("from cache") : "",
      duration === undefined ? "" : durationText(duration, l10n),
    ]
      .filter(Boolean)
      .join(" · ");
    item.tooltip = facts(displayName, [
      [l10n.t("Node"), id.nodeId],
      [l10n.t("Phase"), words],
      [l10n.t("Cache"), cached ? l10n.t("outputs are from the cache") : ""],
      [l10n.t("Created"), moment(createdAt)],
      [l10n.t("Started"), moment(startedAt)],
      [l10n.t("Duration"), duration === undefined ? "" : durationText(duration, l10n)],
      [l10n.t("Error"), error],
    ]);
    item.accessibilityInformation = {
      label: l10n.t("Node {0}, {1}", displayName, item.description),
      role: "treeitem",
    };
    return item;
  }

  protected override fixedChildren(): readonly ExplorerNode[] {
    return this.#launched ? [...this.#data, this.#launched] : this.#data;
  }

  protected override async fetch(page: PageRequest, signal: AbortSignal): Promise<Page<NodeExecutionRow>> {
    const { id, isParent } = this.#row;
    if (!isParent) {
      return { rows: [] };
    }
    const client = await this.target.connection.client();
    return client.listNodeExecutions(id.execution, id.nodeId, page, { signal });
  }

  protected override key(row: NodeExecutionRow): string {
    return row.id.nodeId;
  }

  protected override create(row: NodeExecutionRow): NodeExecutionNode {
    return new NodeExecutionNode(this, this.target, row);
  }

  /** Inputs and outputs are there in any case. */
  protected override emptyText(): undefined {
    return undefined;
  }

  #takeLaunched({ launchedExecution }: NodeExecutionRow): void {
    if (launchedExecution && this.#launched?.name !== launchedExecution.name) {
      this.#launched = new LaunchedExecutionNode(this, this.target, launchedExecution);
    }
  }
}

/** The execution that a launch plan's node started: known by its id, and as far along as that node. */
export class LaunchedExecutionNode extends ListNode<NodeExecutionRow> implements HasSubject {
  readonly id: string;
  readonly name: string;
  readonly subject: Subject;
  readonly urn: string;
  readonly #data: readonly DataNode[];

  constructor(
    readonly parent: NodeExecutionNode,
    readonly target: Target,
    private readonly execution: ExecutionId,
  ) {
    super();
    this.id = `${parent.id}/+launched`;
    this.name = execution.name;
    this.subject = { connectionId: target.connection.id, kind: "execution", id: execution };
    this.urn = urn(this.subject);
    this.#data = DataNode.both(this, this.subject);
  }

  override isUnfinished(): boolean {
    return !this.parent.hasEnded;
  }

  override getTreeItem(): vscode.TreeItem {
    const item = branchItem(this, this.name, "rocket", "flyte.execution");
    item.description = vscode.l10n.t("launched execution");
    item.tooltip = facts(this.name, [[vscode.l10n.t("Launched by"), this.parent.name]]);
    item.accessibilityInformation = {
      label: vscode.l10n.t("Execution {0}, {1}", this.name, item.description),
      role: "treeitem",
    };
    return item;
  }

  protected override fixedChildren(): readonly ExplorerNode[] {
    return this.#data;
  }

  protected override async fetch(page: PageRequest, signal: AbortSignal): Promise<Page<NodeExecutionRow>> {
    const client = await this.target.connection.client();
    return client.listNodeExecutions(this.execution, undefined, page, { signal });
  }

  protected override key(row: NodeExecutionRow): string {
    return row.id.nodeId;
  }

  protected override create(row: NodeExecutionRow): NodeExecutionNode {
    return new NodeExecutionNode(this, this.target, row);
  }

  /** Inputs and outputs are there in any case. */
  protected override emptyText(): undefined {
    return undefined;
  }
}
