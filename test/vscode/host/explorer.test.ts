import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import * as vscode from "vscode";
import type { FlyteExtension } from "../../../src/extension";
import { seedLocal, serveLocal } from "../../fixtures/local-server.mjs";
import { configure, eventually, flyte, type Item, TreeWalk } from "./explorer-walk";

const SCOPE = { project: "flytesnacks", domain: "development" };
const EXECUTIONS = 250;
const PLACE = ["test", SCOPE.project, SCOPE.domain] as const;

describe("the explorer", () => {
  let extension: FlyteExtension;
  let walk: TreeWalk;
  let data: string;
  let server: Awaited<ReturnType<typeof serveLocal>>;

  before(async () => {
    data = path.join(mkdtempSync(path.join(os.tmpdir(), "flyte-explorer-")), "data");
    await seedLocal(data, EXECUTIONS, SCOPE);
    server = await serveLocal(data);
    extension = await flyte();
    walk = new TreeWalk(extension.tree);
    await configure([{ name: "test", endpoint: server.endpoint, insecure: true }]);
  });

  after(async () => {
    await configure(undefined);
    await server.kill();
    rmSync(path.dirname(data), { recursive: true, force: true });
  });

  const executions = async (): Promise<Item[]> => walk.children((await walk.at(...PLACE, "Executions")).node);

  it("shows connections, projects, domains and what is in them", async () => {
    assert.deepEqual(await walk.labels(), ["test", "Local"]);
    assert.deepEqual(await walk.labels("test"), [SCOPE.project]);
    assert.deepEqual(await walk.labels("test", SCOPE.project), ["development", "staging", "production"]);
    assert.deepEqual(await walk.labels(...PLACE), ["Workflows", "Tasks", "Launch Plans", "Executions"]);
    assert.deepEqual(await walk.labels("test", SCOPE.project, "staging", "Executions"), ["No executions"]);
  });

  it("shows entities with their versions", async () => {
    for (const folder of ["Workflows", "Tasks", "Launch Plans"]) {
      const [name = ""] = await walk.labels(...PLACE, folder);
      assert.doesNotMatch(name, /^No /);
      const [version] = await walk.children((await walk.at(...PLACE, folder, name)).node);
      assert.ok(version);
      assert.equal(version.item.contextValue, "flyte.version");
      assert.equal(version.item.collapsibleState, vscode.TreeItemCollapsibleState.None);
      assert.equal(version.item.command?.command, "flyte.openDetail");
      assert.match(version.description, /ago|just now/);
    }
  });

  it("shows executions with phase, inputs and outputs", async () => {
    const [first] = await executions();
    assert.ok(first);
    assert.match(first.description, /^(succeeded|failed|running|queued|aborted|timed out) · /);
    assert.ok(first.item.iconPath instanceof vscode.ThemeIcon && first.item.iconPath.color);
    assert.ok(first.item.tooltip instanceof vscode.MarkdownString);
    assert.match(first.item.tooltip.value, /Phase/);
    const [inputs, outputs, ...nodes] = await walk.children(first.node);
    assert.equal(inputs?.item.command?.command, "flyte.openInputs");
    assert.equal(outputs?.item.command?.command, "flyte.openOutputs");
    assert.deepEqual(nodes, []);
  });

  it("has items with ids of their own, that can be heard", async () => {
    const all: Item[] = [];
    const visit = async (node: unknown, depth: number): Promise<void> => {
      for (const child of await walk.children(node)) {
        all.push(child);
        if (depth < 6 && child.item.collapsibleState && child.label !== "Local") {
          await visit(child.node, depth + 1);
        }
      }
    };
    await visit(undefined, 0);
    const ids = all.map(({ item }) => item.id);
    assert.ok(ids.length > 100);
    assert.equal(new Set(ids).size, ids.length);
    assert.deepEqual(
      all.filter(({ item }) => !item.id || !item.accessibilityInformation?.label.trim()).map(({ label }) => label),
      [],
    );
  });

  it("loads more on demand, and keeps what is there", async () => {
    const before = await executions();
    assert.equal(before.length, 101);
    const more = before.at(-1);
    assert.equal(more?.label, "Load more…");
    assert.equal(more.description, "100 shown");
    await vscode.commands.executeCommand("flyte.loadMore", more.node);
    const after = await executions();
    assert.equal(after.length, EXECUTIONS);
    assert.ok(before.slice(0, 100).every(({ node }, index) => node === after[index]?.node));
  });

  it("keeps its items over a refresh", async () => {
    const before = await executions();
    await vscode.commands.executeCommand("flyte.refresh");
    const after = await executions();
    assert.deepEqual(
      after.map(({ item }) => item.id),
      before.map(({ item }) => item.id),
    );
    assert.ok(before.slice(0, EXECUTIONS).every(({ node }, index) => node === after[index]?.node));
  });

  it("marks the project and domain that are selected", async () => {
    const production = await walk.at("test", SCOPE.project, "production");
    await vscode.commands.executeCommand("flyte.useScope", production.node);
    assert.equal(extension.connections.current?.name, "test");
    assert.deepEqual(extension.connections.scope, { project: SCOPE.project, domain: "production" });
    assert.equal((await walk.at("test", SCOPE.project, "production")).description, "selected");
    assert.equal((await walk.at(...PLACE)).description, "");
    assert.match((await walk.at("test")).description, /current/);
  });

  it("copies names and identifiers", async () => {
    const [first] = await executions();
    await vscode.commands.executeCommand("flyte.copyName", first?.node);
    assert.equal(await vscode.env.clipboard.readText(), first?.label);
    await vscode.commands.executeCommand("flyte.copyId", first?.node);
    assert.equal(await vscode.env.clipboard.readText(), `ex:${SCOPE.project}:${SCOPE.domain}:${first?.label}`);
  });

  it("shows an error with Retry while the server is down, and recovers", async () => {
    const port = Number(server.endpoint.split(":").at(-1));
    const before = await executions();
    await server.kill();
    await vscode.commands.executeCommand("flyte.refresh");
    const root = await walk.at("test");
    const failed = await walk.children(root.node);
    assert.equal(failed[1]?.label, SCOPE.project);
    const error = failed[0];
    assert.equal(error?.description, "Retry");
    assert.equal(error.item.command?.command, "flyte.retry");
    assert.ok(error.item.tooltip instanceof vscode.MarkdownString);
    assert.match(error.item.accessibilityInformation?.label ?? "", /^Error: .*Retry\.$/);

    await vscode.commands.executeCommand("flyte.retry", error.node);
    assert.equal((await walk.children(root.node))[0]?.description, "Retry");
    assert.equal((await executions())[0]?.description, "Retry");

    server = await serveLocal(data, port);
    await vscode.commands.executeCommand("flyte.retry", error.node);
    assert.deepEqual(await walk.labels("test"), [SCOPE.project]);
    // One retry for all that failed.
    assert.deepEqual(
      (await executions()).map(({ label }) => label),
      before.map(({ label }) => label),
    );
  });

  it("gives up what is under way when a connection goes", async () => {
    const root = await walk.at("test");
    await vscode.commands.executeCommand("flyte.refresh");
    const loading = walk.children(root.node);
    await configure([]);
    await loading;
    await eventually("the connection is gone", async () => !(await walk.labels()).includes("test"));
    await configure([{ name: "test", endpoint: server.endpoint, insecure: true }]);
    assert.deepEqual(await walk.labels("test"), [SCOPE.project]);
  });
});
