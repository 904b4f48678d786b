import assert from "node:assert/strict";
import * as vscode from "vscode";
import type { FlyteExtension } from "../../../src/extension";

const ID = "flyte-vscode.flyte-vscode";

describe("the extension", () => {
  let extension: vscode.Extension<FlyteExtension>;

  before(async () => {
    const found = vscode.extensions.getExtension<FlyteExtension>(ID);
    assert.ok(found, `${ID} is not installed`);
    extension = found;
    await extension.activate();
  });

  it("activates and starts nothing", () => {
    assert.equal(extension.isActive, true);
    const { connections } = extension.exports;
    assert.equal(connections.get("local")?.localState, "idle");
    assert.equal(connections.get("local")?.clientIfRunning(), undefined);
  });

  it("registers every command that it contributes", async () => {
    const contributed: { command: string }[] = extension.packageJSON.contributes.commands;
    const registered = new Set(await vscode.commands.getCommands(true));
    const missing = contributed.map(({ command }) => command).filter((command) => !registered.has(command));
    assert.ok(contributed.length > 0);
    assert.deepEqual(missing, []);
  });

  it("has each text of its manifest", () => {
    // VS Code puts in the texts of package.nls.json; a key that has none stays as it is.
    assert.doesNotMatch(JSON.stringify(extension.packageJSON.contributes), /"%[^"]+%"/);
  });

  it("runs beside the workspace", () => {
    assert.equal(extension.extensionKind, vscode.ExtensionKind.Workspace);
  });
});
