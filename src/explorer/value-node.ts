import { isDeepStrictEqual } from "node:util";
import * as vscode from "vscode";
import { partsInWords } from "../flyte/size";
import { summarize } from "../flyte/summary";
import type { NamedValue, Value, ValueKind } from "../flyte/types";
import type { DataNode } from "./data-node";
import type { RowNode } from "./list-node";
import { facts } from "./markdown";
import { EmptyNode } from "./message-nodes";
import { childId, type ExplorerNode } from "./node";

/** Most characters of a value beside its name, and in its tooltip. */
const SHORT = 80;
const LONG = 300;

/** Of what has parts; all else is a field. */
const ICONS: Partial<Readonly<Record<ValueKind, string>>> = {
  collection: "symbol-array",
  map: "symbol-object",
  record: "symbol-object",
  structuredDataset: "table",
};

/** A value among the inputs or outputs, with its parts below it. */
export class ValueNode implements RowNode<NamedValue> {
  readonly id: string;
  #row: NamedValue;
  #parts: readonly ExplorerNode[] | undefined;

  /** `key` tells it from the others below its parent. */
  constructor(
    readonly parent: ExplorerNode,
    private readonly data: DataNode,
    key: string,
    row: NamedValue,
  ) {
    this.id = childId(parent, key);
    this.#row = row;
  }

  update(row: NamedValue): boolean {
    if (isDeepStrictEqual(row, this.#row)) {
      return false;
    }
    this.#row = row;
    this.#parts = undefined;
    return true;
  }

  getTreeItem(): vscode.TreeItem {
    const { l10n } = vscode;
    const { key, value } = this.#row;
    const shown = chosen(value);
    const hasParts = shown.children.length > 0;
    const item = new vscode.TreeItem(
      key,
      hasParts ? vscode.TreeItemCollapsibleState.Collapsed : vscode.TreeItemCollapsibleState.None,
    );
    item.id = this.id;
    item.iconPath = new vscode.ThemeIcon(ICONS[shown.kind] ?? "symbol-field");
    item.description = summarize(value, SHORT, l10n);
    item.tooltip = facts(key, [
      [l10n.t("Type"), value.type],
      [l10n.t("Value"), summarize(value, LONG, l10n)],
      [l10n.t("Size"), hasParts ? partsInWords(shown.kind, shown.size, l10n) : ""],
    ]);
    item.contextValue = "flyte.value";
    item.command = this.data.command;
    item.accessibilityInformation = { label: l10n.t("{0} is {1}", key, item.description), role: "treeitem" };
    return item;
  }

  getChildren(): readonly ExplorerNode[] {
    this.#parts ??= this.#partsOf(chosen(this.#row.value));
    return this.#parts;
  }

  #partsOf({ children, size, truncated }: Value): ExplorerNode[] {
    // By place: msgpack allows a key to come twice.
    const parts = children.map((part, index) => new ValueNode(this, this.data, String(index), part));
    const left = size - children.length;
    return truncated && left > 0
      ? [...parts, new EmptyNode(this, vscode.l10n.t("… {0} more, in the document", left))]
      : parts;
  }
}

/** What a union holds, and any other value itself. */
function chosen(value: Value): Value {
  const [inner] = value.kind === "union" ? value.children : [];
  return inner ? chosen(inner.value) : value;
}
