import * as vscode from "vscode";
import type { Connection } from "../flyte/connection";
import { tooLargeWords } from "../flyte/size";
import { dataOf, type HasSubject, type RunSubject } from "../flyte/subject";
import type { NamedValue, Page, PageRequest, ValueLimits, ValueMap } from "../flyte/types";
import { branchItem, ListNode } from "./list-node";
import type { ExplorerNode } from "./node";
import { ValueNode } from "./value-node";

/** What a person reads in a tree; the whole is in the document. */
const LIMITS: ValueLimits = { maxText: 300, maxItems: 100, maxValues: 2_000 };

/** The inputs or the outputs of an execution or node: opens as a document, and expands to the values. */
export class DataNode extends ListNode<NamedValue> implements HasSubject {
  readonly id: string;
  #map: ValueMap | undefined;

  /** Inputs and outputs of the subject. */
  static both(parent: ExplorerNode, connection: Connection, subject: RunSubject): readonly DataNode[] {
    return [new DataNode(parent, connection, subject, "inputs"), new DataNode(parent, connection, subject, "outputs")];
  }

  private constructor(
    readonly parent: ExplorerNode,
    private readonly connection: Connection,
    readonly subject: RunSubject,
    private readonly side: "inputs" | "outputs",
  ) {
    super();
    this.id = `${parent.id}/+${side}`;
  }

  override getTreeItem(): vscode.TreeItem {
    const { l10n } = vscode;
    const isInputs = this.side === "inputs";
    const label = isInputs ? l10n.t("Inputs") : l10n.t("Outputs");
    const item = branchItem(this, label, isInputs ? "sign-in" : "sign-out", `flyte.${this.side}`);
    item.tooltip = isInputs ? l10n.t("Open the inputs") : l10n.t("Open the outputs");
    item.command = this.command;
    item.accessibilityInformation = { label, role: "treeitem" };
    return item;
  }

  /** Opens the document. */
  get command(): vscode.Command {
    return this.side === "inputs"
      ? { command: "flyte.openInputs", title: vscode.l10n.t("Open the inputs"), arguments: [this] }
      : { command: "flyte.openOutputs", title: vscode.l10n.t("Open the outputs"), arguments: [this] };
  }

  protected override async fetch(_: PageRequest, signal: AbortSignal): Promise<Page<NamedValue>> {
    const client = await this.connection.client();
    const data = await dataOf(client, this.subject, LIMITS, { signal });
    const map = data[this.side];
    this.#map = map;
    return { rows: map.values };
  }

  protected override key(row: NamedValue): string {
    return row.key;
  }

  protected override create(row: NamedValue): ValueNode {
    return new ValueNode(this, this, row.key, row);
  }

  protected override emptyText(): string {
    const { l10n } = vscode;
    if (this.#map?.state === "tooLarge") {
      return tooLargeWords(this.#map, l10n);
    }
    return this.side === "inputs" ? l10n.t("No inputs") : l10n.t("No outputs");
  }
}
