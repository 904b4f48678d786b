// An execution that goes on while it is looked at: real code, run on this machine.

import assert from "node:assert/strict";
import * as vscode from "vscode";
import { eventually, type Item } from "./explorer-walk";
import { CONNECTION, SCOPE, Setting } from "./register-setting";

const FOLDER = [CONNECTION, SCOPE.project, SCOPE.domain, "Executions"] as const;

describe("an execution in the tree", () => {
  let setting: Setting;

  before(async function () {
    this.timeout(120_000);
    setting = await Setting.start();
    // Only what is in sight is kept up to date.
    await vscode.commands.executeCommand("flyte.explorer.focus");
    await setting.register("pipelines/training.py");
  });

  after(() => setting.stop());

  const newest = async (): Promise<Item | undefined> => {
    const { node } = await setting.walk.at(...FOLDER);
    return (await setting.walk.children(node)).find(({ item }) => item.contextValue?.startsWith("flyte.execution"));
  };

  it("is followed to its end, with its nodes, without a refresh", async function () {
    this.timeout(180_000);
    const drawn: unknown[] = [];
    const subscription = setting.extension.tree.onDidChangeTreeData?.((nodes) => drawn.push(nodes));
    let execution = "";
    const run = setting.execute("pipelines.training.train").then((name) => {
      execution = name;
    });
    try {
      await eventually("it is in the list", async () => {
        await vscode.commands.executeCommand("flyte.refresh");
        return (await newest()) !== undefined;
      });
      const first = await newest();
      assert.match(first?.description ?? "", /^(running|queued) · train/);
      await setting.walk.children(first?.node);

      drawn.length = 0;
      await run;
      // From here on nothing but what the tree does by itself: the children are those that it has.
      await eventually(
        "its end is noticed",
        async () => /^succeeded · /.test((await newest())?.description ?? ""),
        60_000,
      );
      const last = await newest();
      assert.equal(last?.label, execution);
      assert.equal(last.node, first?.node);
      assert.ok(drawn.some((nodes) => Array.isArray(nodes) && nodes.includes(last.node)));

      const [inputs, outputs, ...nodes] = await setting.walk.children(last.node);
      assert.deepEqual([inputs?.label, outputs?.label], ["Inputs", "Outputs"]);
      assert.ok(nodes.length > 1);
      for (const { description, label } of nodes) {
        assert.match(description, /^(succeeded|skipped)/, label);
      }
      const below = await Promise.all(nodes.map(({ node }) => setting.walk.children(node)));
      const inSubWorkflow = below.find((children) => children.length > 2);
      assert.ok(inSubWorkflow, "no node holds nodes");
      assert.match(inSubWorkflow[2]?.description ?? "", /^succeeded/);
    } finally {
      subscription?.dispose();
    }
  });

  it("says in words that it failed, and offers the error", async function () {
    this.timeout(120_000);
    await setting.execute("pipelines.training.train", { count: 0 });
    await vscode.commands.executeCommand("flyte.refresh");
    const failed = await newest();
    assert.match(failed?.description ?? "", /^failed · train/);
    assert.equal(failed?.item.contextValue, "flyte.execution.failed");
    await vscode.commands.executeCommand("flyte.openError", failed.node);
    assert.match(vscode.window.activeTextEditor?.document.getText() ?? "", /Error/);
  });
});
