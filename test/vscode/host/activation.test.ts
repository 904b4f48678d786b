import assert from "node:assert/strict";
import * as vscode from "vscode";
import type { FlyteExtension } from "../../../src/extension";
import { LINE_MARK } from "../harness/protocol.mjs";

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

  it("says how long that takes", () => {
    const load = between(`code/extHost/willLoadExtensionCode/${ID}`, `code/extHost/didLoadExtensionCode/${ID}`);
    const activate = between(`code/extHost/willActivateExtension/${ID}`, `code/extHost/didActivateExtension/${ID}`);
    // A figure, and no limit: this machine may be busy with something else.
    console.log(`${LINE_MARK}      evaluated in ${load.toFixed(0)} ms, activated in ${activate.toFixed(0)} ms`);
    assert.ok(load >= 0 && activate >= 0);
  });

  it("runs beside the workspace", () => {
    assert.equal(extension.extensionKind, vscode.ExtensionKind.Workspace);
  });
});

/** Milliseconds between two marks that VS Code itself sets in the extension host. */
function between(from: string, to: string): number {
  const { getMarks } = (globalThis as unknown as { MonacoPerformanceMarks: PerformanceMarks }).MonacoPerformanceMarks;
  const at = (wanted: string): number => {
    const mark = getMarks().find(({ name }) => name === wanted);
    assert.ok(mark, `VS Code has not set ${wanted}`);
    return mark.startTime;
  };
  return at(to) - at(from);
}

/** Of VS Code's `vs/base/common/performance`. */
interface PerformanceMarks {
  getMarks(): { readonly name: string; readonly startTime: number }[];
}
