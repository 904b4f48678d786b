// Walks the explorer's tree through its data provider, as VS Code does.

import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import * as vscode from "vscode";
import type { FlyteExtension } from "../../../src/extension";

/** The activated extension. */
export async function flyte(): Promise<FlyteExtension> {
  const extension = vscode.extensions.getExtension<FlyteExtension>("flyte-vscode.flyte-vscode");
  assert.ok(extension);
  return extension.activate();
}

/** An item of the tree with the element behind it. */
export interface Item {
  readonly node: unknown;
  readonly label: string;
  readonly description: string;
  readonly item: vscode.TreeItem;
}

/** Reads the tree of the extension. */
export class TreeWalk {
  constructor(private readonly tree: vscode.TreeDataProvider<unknown>) {}

  /** What is below an element, or the roots. */
  async children(node?: unknown): Promise<Item[]> {
    const children = (await this.tree.getChildren(node)) ?? [];
    return Promise.all(
      children.map(async (node) => {
        const item = await this.tree.getTreeItem(node);
        return { node, item, label: String(item.label), description: String(item.description ?? "") };
      }),
    );
  }

  /** The item that a path of labels leads to. */
  async at(...labels: string[]): Promise<Item> {
    let found: Item | undefined;
    for (const label of labels) {
      const children = await this.children(found?.node);
      found = children.find((child) => child.label === label);
      assert.ok(
        found,
        `There is no ${label} in ${labels.join(" → ")}, but: ${children.map(({ label }) => label).join(", ")}`,
      );
    }
    assert.ok(found);
    return found;
  }

  /** Labels below the item that a path of labels leads to. */
  async labels(...path: string[]): Promise<string[]> {
    const node = path.length > 0 ? (await this.at(...path)).node : undefined;
    return (await this.children(node)).map(({ label }) => label);
  }
}

/** Asks until the answer is yes. */
export async function eventually(what: string, question: () => boolean | Promise<boolean>, ms = 20_000): Promise<void> {
  const until = Date.now() + ms;
  while (!(await question())) {
    if (Date.now() > until) {
      throw new Error(`${what}: not within ${ms / 1000} s.`);
    }
    await sleep(50);
  }
}

/** Sets the connections in the user's settings, and waits until the extension has taken them over. */
export async function configure(connections: readonly object[] | undefined): Promise<void> {
  const { connections: list } = await flyte();
  await vscode.workspace
    .getConfiguration("flyte")
    .update("connections", connections, vscode.ConfigurationTarget.Global);
  const wanted = connections?.length ?? 0;
  await eventually(
    "the settings are taken over",
    () => list.all.filter(({ id }) => id.startsWith("settings:")).length + list.problems.length === wanted,
  );
}
