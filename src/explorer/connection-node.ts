import * as vscode from "vscode";
import type { FlyteClient } from "../flyte/client";
import type { Connection, Connections } from "../flyte/connection";
import { FlyteError } from "../flyte/error";
import type { Page, PageRequest, Project, ServerInfo } from "../flyte/types";
import { branchItem, ListNode } from "./list-node";
import { facts } from "./markdown";
import { ProjectNode } from "./scope-nodes";

/** A connection, with its projects. */
export class ConnectionNode extends ListNode<Project> {
  readonly id: string;
  readonly parent = undefined;
  #probed: FlyteClient | undefined;
  #info: ServerInfo | undefined;
  #wasStopped = false;

  constructor(
    readonly connection: Connection,
    private readonly connections: Connections,
  ) {
    super();
    this.id = encodeURIComponent(connection.id);
  }

  get name(): string {
    return this.connection.name;
  }

  /** Whether the person stopped or started it since this was last asked: what is shown below it is then out of date. */
  didStopOrStart(): boolean {
    const isStopped = this.connection.localState === "stopped";
    const isChanged = isStopped !== this.#wasStopped;
    this.#wasStopped = isStopped;
    return isChanged;
  }

  override getTreeItem(): vscode.TreeItem {
    const { name, endpoint, origin, localState } = this.connection;
    const isCurrent = this.connections.current === this.connection;
    const state = localState && stateWord(localState);
    const item = branchItem(
      this,
      name,
      localState ? "server-process" : "server",
      localState ? `flyte.connection.local.${localState}` : "flyte.connection",
    );
    if (isCurrent) {
      item.iconPath = new vscode.ThemeIcon("pass-filled", new vscode.ThemeColor("charts.green"));
    }
    const current = isCurrent ? vscode.l10n.t("current") : "";
    // The name of the one in Flyte's config file is its endpoint.
    const shown = endpoint.endsWith(name) ? "" : endpoint;
    item.description = [current, state, shown].filter(Boolean).join(" · ");
    item.tooltip = facts(name, [
      [vscode.l10n.t("Endpoint"), endpoint],
      [vscode.l10n.t("State"), state],
      [vscode.l10n.t("Configured in"), origin],
      [vscode.l10n.t("FlyteAdmin"), this.#info?.version],
    ]);
    item.accessibilityInformation = {
      label: vscode.l10n.t("Flyte connection {0} {1}", name, item.description),
      role: "treeitem",
    };
    return item;
  }

  protected override async fetch(page: PageRequest, signal: AbortSignal): Promise<Page<Project>> {
    const client = await this.connection.client();
    signal.throwIfAborted();
    if (this.#probed !== client) {
      this.#info = await client.probe({ signal });
      this.#probed = client;
    }
    if (this.#info?.kind === "flyte2") {
      throw new FlyteError(
        vscode.l10n.t("A Flyte 2 answers at {0}, which is not supported yet.", client.endpoint),
        "UNIMPLEMENTED",
        "flyte2",
        vscode.l10n.t("list projects"),
        client.endpoint,
        "",
      );
    }
    return client.listProjects(page, { signal });
  }

  protected override key(row: Project): string {
    return row.id;
  }

  protected override create(row: Project): ProjectNode {
    return new ProjectNode(this, row, this.connections);
  }

  protected override emptyText(): string {
    return vscode.l10n.t("No projects");
  }
}

function stateWord(state: NonNullable<Connection["localState"]>): string {
  switch (state) {
    case "idle":
      return vscode.l10n.t("not running");
    case "stopped":
      return vscode.l10n.t("stopped");
    case "starting":
      return vscode.l10n.t("starting");
    case "running":
      return vscode.l10n.t("running");
  }
}
