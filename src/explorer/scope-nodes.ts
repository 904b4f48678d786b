import { isDeepStrictEqual } from "node:util";
import * as vscode from "vscode";
import type { Connection, Connections, Target } from "../flyte/connection";
import type { Domain, Project, Scope } from "../flyte/types";
import type { ConnectionNode } from "./connection-node";
import { EntityFolderNode } from "./entity-nodes";
import { ExecutionFolderNode } from "./execution-nodes";
import { branchItem, type RowNode } from "./list-node";
import { facts } from "./markdown";
import { childId, type ExplorerNode } from "./node";

/** A project, with its domains: the server gives both at once. */
export class ProjectNode implements RowNode<Project> {
  readonly id: string;
  #row: Project;
  #domains: readonly DomainNode[];

  constructor(
    readonly parent: ConnectionNode,
    row: Project,
    private readonly connections: Connections,
  ) {
    this.id = childId(parent, row.id);
    this.#row = row;
    this.#domains = this.#domainsOf(row);
  }

  get name(): string {
    return this.#row.id;
  }

  update(row: Project): boolean {
    if (isDeepStrictEqual(row, this.#row)) {
      return false;
    }
    const kept = new Map(this.#domains.map((domain) => [domain.name, domain]));
    this.#domains = this.#domainsOf(row).map((domain) => kept.get(domain.name) ?? domain);
    this.#row = row;
    return true;
  }

  getTreeItem(): vscode.TreeItem {
    const { id, name, description } = this.#row;
    const item = branchItem(this, id, "project", "flyte.project");
    item.description = name === id ? "" : name;
    item.tooltip = facts(id, [
      [vscode.l10n.t("Name"), name],
      [vscode.l10n.t("Description"), description],
    ]);
    item.accessibilityInformation = { label: vscode.l10n.t("Project {0}", id), role: "treeitem" };
    return item;
  }

  getChildren(): readonly ExplorerNode[] {
    return this.#domains;
  }

  #domainsOf({ domains }: Project): DomainNode[] {
    return domains.map((domain) => new DomainNode(this, domain, this.parent.connection, this.connections));
  }
}

/** A domain of a project, with what lives there. */
export class DomainNode implements ExplorerNode {
  readonly id: string;
  readonly name: string;
  /** Where its entities and executions are. */
  readonly target: Target;
  readonly #folders: readonly ExplorerNode[];

  constructor(
    readonly parent: ProjectNode,
    private readonly domain: Domain,
    connection: Connection,
    private readonly connections: Connections,
  ) {
    this.id = childId(parent, domain.id);
    this.name = domain.id;
    this.target = { connection, scope: { project: parent.name, domain: domain.id } };
    this.#folders = [
      new EntityFolderNode(this, "workflow"),
      new EntityFolderNode(this, "task"),
      new EntityFolderNode(this, "launchPlan"),
      new ExecutionFolderNode(this),
    ];
  }

  getTreeItem(): vscode.TreeItem {
    const { id, name } = this.domain;
    const isSelected = this.#isSelected();
    const item = branchItem(this, id, "symbol-namespace", `flyte.domain${isSelected ? ".selected" : ""}`);
    item.description = isSelected ? vscode.l10n.t("selected") : "";
    item.tooltip = facts(`${this.parent.name} / ${id}`, [
      [vscode.l10n.t("Name"), name],
      [vscode.l10n.t("Selected"), isSelected ? vscode.l10n.t("Register and hovers use this domain") : ""],
    ]);
    item.accessibilityInformation = {
      label: vscode.l10n.t("Domain {0} {1}", id, item.description),
      role: "treeitem",
    };
    return item;
  }

  getChildren(): readonly ExplorerNode[] {
    return this.#folders;
  }

  #isSelected(): boolean {
    const { connection, scope } = this.target;
    const { current, scope: selected } = this.connections;
    return current === connection && selected !== undefined && sameScope(scope, selected);
  }
}

function sameScope(one: Scope, other: Scope): boolean {
  return one.project === other.project && one.domain === other.domain && (one.org ?? "") === (other.org ?? "");
}
