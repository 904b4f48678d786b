import * as vscode from "vscode";
import type { HasSubject, Subject } from "../flyte/subject";
import type { ExplorerNode } from "./node";

/** The inputs or the outputs of an execution or node: opens as a document. */
export class DataNode implements ExplorerNode, HasSubject {
  readonly id: string;

  /** Inputs and outputs of the subject. */
  static both(parent: ExplorerNode, subject: Subject): readonly DataNode[] {
    return [new DataNode(parent, subject, "inputs"), new DataNode(parent, subject, "outputs")];
  }

  private constructor(
    readonly parent: ExplorerNode,
    readonly subject: Subject,
    private readonly side: "inputs" | "outputs",
  ) {
    this.id = `${parent.id}/+${side}`;
  }

  getTreeItem(): vscode.TreeItem {
    const { l10n } = vscode;
    const isInputs = this.side === "inputs";
    const item = new vscode.TreeItem(isInputs ? l10n.t("Inputs") : l10n.t("Outputs"));
    item.id = this.id;
    item.iconPath = new vscode.ThemeIcon(isInputs ? "sign-in" : "sign-out");
    item.contextValue = `flyte.${this.side}`;
    item.tooltip = isInputs ? l10n.t("Open the inputs") : l10n.t("Open the outputs");
    item.command = {
      command: isInputs ? "flyte.openInputs" : "flyte.openOutputs",
      title: item.tooltip,
      arguments: [this],
    };
    item.accessibilityInformation = { label: item.tooltip, role: "treeitem" };
    return item;
  }

  getChildren(): readonly ExplorerNode[] {
    return [];
  }
}
