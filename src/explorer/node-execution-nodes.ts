import { isDeepStrictEqual } from "node:util";
import * as vscode from "vscode";
import type { Target } from "../flyte/connection";
import { hasEnded, phaseWords } from "../flyte/phase";
import type { HasSubject, RunSubject } from "../flyte/subject";
import { durationText } from "../flyte/times";
import type { ExecutionId, NodeExecutionRow, Page, PageRequest } from "../flyte/types";
import { DataNode } from "./data-node";
import { branchItem, ListNode, type RowNode } from "./list-node";
import { facts, moment } from "./markdown";
import { childId, type ExplorerNode } from "./node";
import { phaseThemeIcon } from "./phase-icon";
import { urn } from "./urn";

/** An execution, or a node of one: its inputs and outputs, and the nodes in it. */
export abstract class RunNode extends ListNode<NodeExecutionRow> implements HasSubject {
  readonly urn: string;
  readonly #data: readonly DataNode[];

  protected constructor(
    readonly id: string,
    readonly parent: ExplorerNode,
    protected readonly target: Target,
    readonly subject: RunSubject,
  ) {
    super();
    this.urn = urn(subject);
    this.#data = DataNode.both(this, target.connection, subject);
  }

  protected override fixedChildren(): readonly ExplorerNode[] {
    return this.#data;
  }

  protected override async fetch(page: PageRequest, signal: AbortSignal): Promise<Page<NodeExecutionRow>> {
    const { kind, id } = this.subject;
    const client = await this.target.connection.client();
    return kind === "execution"
      ? client.listNodeExecutions(id, undefined, page, { signal })
      : client.listNodeExecutions(id.execution, id.nodeId, page, { signal });
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

/** A node of an execution, with its inputs and outputs, the nodes in it, and the execution that it launched. */
export class NodeExecutionNode extends RunNode implements RowNode<NodeExecutionRow> {
  #row: NodeExecutionRow;
  #launched: LaunchedExecutionNode | undefined;

  constructor(parent: ExplorerNode, target: Target, row: NodeExecutionRow) {
    super(childId(parent, row.id.nodeId), parent, target, {
      connectionId: target.connection.id,
      kind: "node",
      id: row.id,
    });
    this.#row = row;
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
    item.iconPath = phaseThemeIcon(phase);
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
    const data = super.fixedChildren();
    return this.#launched ? [...data, this.#launched] : data;
  }

  protected override async fetch(page: PageRequest, signal: AbortSignal): Promise<Page<NodeExecutionRow>> {
    return this.#row.isParent ? super.fetch(page, signal) : { rows: [] };
  }

  #takeLaunched({ launchedExecution }: NodeExecutionRow): void {
    if (launchedExecution && this.#launched?.name !== launchedExecution.name) {
      this.#launched = new LaunchedExecutionNode(this, this.target, launchedExecution);
    }
  }
}

/** The execution that a launch plan's node started: known by its id, and as far along as that node. */
class LaunchedExecutionNode extends RunNode {
  readonly name: string;

  constructor(
    private readonly launcher: NodeExecutionNode,
    target: Target,
    execution: ExecutionId,
  ) {
    super(`${launcher.id}/+launched`, launcher, target, {
      connectionId: target.connection.id,
      kind: "execution",
      id: execution,
    });
    this.name = execution.name;
  }

  override isUnfinished(): boolean {
    return !this.launcher.hasEnded;
  }

  override getTreeItem(): vscode.TreeItem {
    const item = branchItem(this, this.name, "rocket", "flyte.execution");
    item.description = vscode.l10n.t("launched execution");
    item.tooltip = facts(this.name, [[vscode.l10n.t("Launched by"), this.launcher.name]]);
    item.accessibilityInformation = {
      label: vscode.l10n.t("Execution {0}, {1}", this.name, item.description),
      role: "treeitem",
    };
    return item;
  }
}
