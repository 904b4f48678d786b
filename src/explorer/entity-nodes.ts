import { isDeepStrictEqual } from "node:util";
import * as vscode from "vscode";
import type { Target } from "../flyte/connection";
import type { HasSubject, Subject } from "../flyte/subject";
import { ageText } from "../flyte/times";
import type { EntityKind, EntityName, EntityRow, Page, PageRequest, VersionRow } from "../flyte/types";
import { branchItem, ListNode, type RowNode } from "./list-node";
import { facts, moment } from "./markdown";
import { childId, type ExplorerNode } from "./node";
import type { DomainNode } from "./scope-nodes";
import { urn } from "./urn";

const FOLDERS = { workflow: "workflows", task: "tasks", launchPlan: "launchPlans" } as const;
const ICONS = { workflow: "type-hierarchy-sub", task: "symbol-method", launchPlan: "rocket" } as const;

/** The workflows, tasks or launch plans of a domain, by name. */
export class EntityFolderNode extends ListNode<EntityRow> {
  readonly id: string;
  readonly target: Target;

  constructor(
    readonly parent: DomainNode,
    private readonly kind: EntityKind,
  ) {
    super();
    this.id = childId(parent, FOLDERS[kind]);
    this.target = parent.target;
  }

  override getTreeItem(): vscode.TreeItem {
    const label = this.#label();
    const item = branchItem(this, label, ICONS[this.kind], `flyte.${FOLDERS[this.kind]}`);
    item.tooltip = vscode.l10n.t("{0} of {1}/{2}", label, this.target.scope.project, this.target.scope.domain);
    item.accessibilityInformation = { label: item.tooltip, role: "treeitem" };
    return item;
  }

  protected override async fetch(page: PageRequest, signal: AbortSignal): Promise<Page<EntityRow>> {
    const client = await this.target.connection.client();
    return client.listEntities(this.kind, this.target.scope, page, { signal });
  }

  protected override key(row: EntityRow): string {
    return row.name;
  }

  protected override create(row: EntityRow): EntityNode {
    return new EntityNode(this, this.target, { ...this.target.scope, kind: this.kind, name: row.name }, row);
  }

  protected override emptyText(): string {
    switch (this.kind) {
      case "workflow":
        return vscode.l10n.t("No workflows: register a Python file to see them here");
      case "task":
        return vscode.l10n.t("No tasks: register a Python file to see them here");
      case "launchPlan":
        return vscode.l10n.t("No launch plans: register a Python file to see them here");
    }
  }

  #label(): string {
    switch (this.kind) {
      case "workflow":
        return vscode.l10n.t("Workflows");
      case "task":
        return vscode.l10n.t("Tasks");
      case "launchPlan":
        return vscode.l10n.t("Launch Plans");
    }
  }
}

/** A workflow, task or launch plan, with its versions. */
export class EntityNode extends ListNode<VersionRow> implements RowNode<EntityRow> {
  readonly id: string;
  readonly name: string;
  #row: EntityRow;

  constructor(
    readonly parent: EntityFolderNode,
    readonly target: Target,
    readonly entity: EntityName,
    row: EntityRow,
  ) {
    super();
    this.id = childId(parent, row.name);
    this.name = row.name;
    this.#row = row;
  }

  update(row: EntityRow): boolean {
    const isChanged = !isDeepStrictEqual(row, this.#row);
    this.#row = row;
    return isChanged;
  }

  override getTreeItem(): vscode.TreeItem {
    const { name, description, archived } = this.#row;
    const item = branchItem(this, name, ICONS[this.entity.kind], `flyte.${this.entity.kind}`);
    item.description = archived ? vscode.l10n.t("archived") : "";
    item.tooltip = facts(name, [
      [vscode.l10n.t("Description"), description],
      [vscode.l10n.t("State"), item.description],
    ]);
    item.accessibilityInformation = { label: `${kindWord(this.entity.kind)} ${name}`, role: "treeitem" };
    return item;
  }

  protected override async fetch(page: PageRequest, signal: AbortSignal): Promise<Page<VersionRow>> {
    const client = await this.target.connection.client();
    return client.listVersions(this.entity, page, { signal });
  }

  protected override key(row: VersionRow): string {
    return row.version;
  }

  protected override create(row: VersionRow): VersionNode {
    return new VersionNode(this, row);
  }

  protected override emptyText(): string {
    return vscode.l10n.t("No versions");
  }
}

/** A version: opens as a document. */
export class VersionNode implements RowNode<VersionRow>, HasSubject {
  readonly id: string;
  readonly name: string;
  readonly subject: Subject;
  readonly urn: string;
  #row: VersionRow;

  constructor(
    readonly parent: EntityNode,
    row: VersionRow,
  ) {
    this.id = childId(parent, row.version);
    this.name = row.version;
    this.#row = row;
    const id = { ...parent.entity, version: row.version };
    this.subject = { connectionId: parent.target.connection.id, kind: "entity", id };
    this.urn = urn(this.subject);
  }

  update(row: VersionRow): boolean {
    const isChanged = !isDeepStrictEqual(row, this.#row);
    this.#row = row;
    return isChanged;
  }

  getTreeItem(): vscode.TreeItem {
    const { version, createdAt, signature, active } = this.#row;
    const { kind, name } = this.parent.entity;
    const item = new vscode.TreeItem(version);
    item.id = this.id;
    item.iconPath = new vscode.ThemeIcon(active ? "pass" : "versions");
    item.contextValue = "flyte.version";
    item.description = [
      active ? vscode.l10n.t("active") : "",
      createdAt === undefined ? "" : ageText(createdAt, Date.now(), vscode.l10n),
      signature,
    ]
      .filter(Boolean)
      .join(" · ");
    item.tooltip = facts(name, [
      [vscode.l10n.t("Version"), version],
      [vscode.l10n.t("State"), active ? vscode.l10n.t("active") : ""],
      [vscode.l10n.t("Interface"), signature],
      [vscode.l10n.t("Created"), moment(createdAt)],
    ]);
    item.command = { command: "flyte.openDetail", title: vscode.l10n.t("Open Details"), arguments: [this] };
    item.accessibilityInformation = {
      label: vscode.l10n.t("Version {0} of {1} {2}, {3}", version, kindWord(kind), name, item.description),
      role: "treeitem",
    };
    return item;
  }

  getChildren(): readonly ExplorerNode[] {
    return [];
  }
}

function kindWord(kind: EntityKind): string {
  switch (kind) {
    case "workflow":
      return vscode.l10n.t("Workflow");
    case "task":
      return vscode.l10n.t("Task");
    case "launchPlan":
      return vscode.l10n.t("Launch plan");
  }
}
