import { isDeepStrictEqual } from "node:util";
import * as vscode from "vscode";
import type { Target } from "../flyte/connection";
import { hasEnded, phaseWords } from "../flyte/phase";
import { ageText, durationText } from "../flyte/times";
import type { ExecutionRow, Page, PageRequest } from "../flyte/types";
import { branchItem, ListNode, type RowNode } from "./list-node";
import { facts, moment } from "./markdown";
import { childId, type ExplorerNode } from "./node";
import { RunNode } from "./node-execution-nodes";
import { phaseThemeIcon } from "./phase-icon";
import type { DomainNode } from "./scope-nodes";

/** The executions of a domain, newest first. */
export class ExecutionFolderNode extends ListNode<ExecutionRow> {
  readonly id: string;
  readonly target: Target;

  constructor(readonly parent: DomainNode) {
    super();
    this.id = childId(parent, "executions");
    this.target = parent.target;
  }

  override getTreeItem(): vscode.TreeItem {
    const { project, domain } = this.target.scope;
    const item = branchItem(this, vscode.l10n.t("Executions"), "run-all", "flyte.executions");
    item.tooltip = vscode.l10n.t("Executions in {0}/{1}", project, domain);
    item.accessibilityInformation = { label: item.tooltip, role: "treeitem" };
    return item;
  }

  override isUnfinished(): boolean {
    return this.rows.some((row) => row instanceof ExecutionNode && row.isUnfinished());
  }

  protected override async fetch(page: PageRequest, signal: AbortSignal): Promise<Page<ExecutionRow>> {
    const client = await this.target.connection.client();
    return client.listExecutions(this.target.scope, {}, page, { signal });
  }

  protected override key(row: ExecutionRow): string {
    return row.id.name;
  }

  protected override create(row: ExecutionRow): ExecutionNode {
    return new ExecutionNode(this, this.target, row);
  }

  protected override emptyText(): string {
    return vscode.l10n.t("No executions");
  }
}

/** An execution, with its inputs and outputs and its nodes. */
export class ExecutionNode extends RunNode implements RowNode<ExecutionRow> {
  readonly name: string;
  #row: ExecutionRow;

  constructor(parent: ExplorerNode, target: Target, row: ExecutionRow) {
    super(childId(parent, row.id.name), parent, target, {
      connectionId: target.connection.id,
      kind: "execution",
      id: row.id,
    });
    this.name = row.id.name;
    this.#row = row;
  }

  update(row: ExecutionRow): boolean {
    if (isDeepStrictEqual(row, this.#row)) {
      return false;
    }
    this.#row = row;
    // Its nodes went on with it, to the last.
    this.markStale();
    return true;
  }

  override isUnfinished(): boolean {
    return !hasEnded(this.#row.phase);
  }

  override getTreeItem(): vscode.TreeItem {
    const { l10n } = vscode;
    const { phase, launchedName, launchedVersion, createdAt, startedAt, duration, principal, error } = this.#row;
    const words = phaseWords(phase, l10n);
    const item = branchItem(this, this.name, "run", `flyte.execution${error ? ".failed" : ""}`);
    item.iconPath = phaseThemeIcon(phase);
    item.description = [
      words,
      launchedName.split(".").at(-1),
      duration === undefined ? "" : durationText(duration, l10n),
      createdAt === undefined ? "" : ageText(createdAt, Date.now(), l10n),
    ]
      .filter(Boolean)
      .join(" · ");
    item.tooltip = facts(this.name, [
      [l10n.t("Phase"), words],
      [l10n.t("Launched"), launchedName],
      [l10n.t("Version"), launchedVersion],
      [l10n.t("By"), principal],
      [l10n.t("Created"), moment(createdAt)],
      [l10n.t("Started"), moment(startedAt)],
      [l10n.t("Duration"), duration === undefined ? "" : durationText(duration, l10n)],
      [l10n.t("Error"), error],
    ]);
    item.accessibilityInformation = {
      label: l10n.t("Execution {0}, {1}", this.name, item.description),
      role: "treeitem",
    };
    return item;
  }
}
