import assert from "node:assert/strict";
import type { ExecutionId, NamedValue, Value } from "../../src/flyte/types";
import { execute, type Project, serializeProject } from "./project";
import { failure, type Local, SCOPE, startLocal } from "./setting";

const LIMITS = { maxText: 10_000, maxItems: 1_000, maxValues: 10_000 };

describe("executions of a registered workflow", function () {
  this.timeout(120_000);
  let local: Local;
  let project: Project;
  let succeeded: ExecutionId;
  let failed: ExecutionId;

  before(async () => {
    local = await startLocal();
    project = await serializeProject(local.client, SCOPE, "hello.py");
    await local.client.register(project.plan, () => {});
    const { endpoint } = local.server;
    const inputs = { name: "Flyte" };
    succeeded = { ...SCOPE, name: await execute(endpoint, project, "hello.hello", { inputs }) };
    failed = { ...SCOPE, name: await execute(endpoint, project, "hello.hello", { inputs, fail: true }) };
  });
  after(async () => {
    project?.remove();
    await local?.close();
  });

  const page = { limit: 10 };
  const named = (values: readonly NamedValue[], key: string): Value | undefined =>
    values.find((named) => named.key === key)?.value;

  it("are listed, newest first, with how they ended", async () => {
    const { rows } = await local.client.listExecutions(SCOPE, {}, page);
    assert.deepEqual(
      rows.map(({ id, phase, launchedName }) => [id, phase, launchedName]),
      [
        [failed, "failed", "hello.hello"],
        [succeeded, "succeeded", "hello.hello"],
      ],
    );
    assert.notEqual(rows[0]?.error, "");
    assert.equal(rows[1]?.error, "");
    assert.ok((rows[1]?.duration ?? -1) >= 0);
  });

  it("have nodes", async () => {
    const { rows } = await local.client.listNodeExecutions(succeeded, undefined, page);
    const node = rows.find(({ id }) => id.nodeId === "n0");
    assert.ok(node, "there is no n0");
    assert.deepEqual(node.id.execution, succeeded);
    assert.equal(node.phase, "succeeded");
    assert.equal(node.isParent, false);
    assert.equal(node.cached, false);
    assert.match(node.displayName, /greet/);
    assert.equal("launchedExecution" in node, false);
  });

  it("have inputs and outputs", async () => {
    const { inputs, outputs } = await local.client.getExecutionData(succeeded, LIMITS);
    assert.equal(inputs.state, "inline");
    assert.equal(named(inputs.values, "name")?.text, "Flyte");
    assert.equal(outputs.state, "inline");
    assert.deepEqual(named(outputs.values, "o0"), {
      kind: "string",
      type: "string",
      text: "Hello, Flyte!",
      size: 13,
      truncated: false,
      children: [],
    });
  });

  it("have nodes with inputs and outputs, cut where the limits say", async () => {
    const id = { execution: succeeded, nodeId: "n0" };
    const { inputs, outputs } = await local.client.getNodeExecutionData(id, { ...LIMITS, maxText: 5 });
    assert.equal(named(inputs.values, "name")?.truncated, false);
    const output = named(outputs.values, "o0");
    assert.deepEqual([output?.text, output?.size, output?.truncated], ["Hello", 13, true]);
  });

  it("fail with the whole error", async () => {
    const { error, json } = await local.client.getExecution(failed);
    assert.match(error, /hello/);
    assert.equal(JSON.parse(json).closure.phase, "FAILED");
    const node = await local.client.getNodeExecution({ execution: failed, nodeId: "n0" });
    assert.notEqual(node.error, "");
    const data = await local.client.getExecutionData(failed, LIMITS);
    assert.equal(data.outputs.state, "none");
  });

  it("the last one of a workflow, a launch plan and a task is known", async () => {
    const last = (kind: "workflow" | "launchPlan" | "task", name: string) =>
      local.client.lastExecution({ ...SCOPE, kind, name });
    for (const kind of ["workflow", "launchPlan"] as const) {
      const found = await last(kind, "hello.hello");
      assert.deepEqual(found?.execution.id, failed);
      assert.equal(found?.node, undefined);
    }
    const task = await last("task", "hello.greet");
    assert.deepEqual(task?.execution.id, failed);
    assert.deepEqual(task?.node?.id, { execution: failed, nodeId: "n0" });
    assert.equal(await last("workflow", "hello.none"), undefined);
  });

  it("a node that does not exist", async () => {
    const error = await failure(local.client.getNodeExecution({ execution: succeeded, nodeId: "n9" }));
    assert.equal(error.code, "NOT_FOUND");
  });
});
