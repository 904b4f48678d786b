import assert from "node:assert/strict";
import type { Subject } from "../../src/flyte/subject";
import { type DocumentForm, parsePath, toPath } from "../../src/inspect/address";

const scope = { project: "flytesnacks", domain: "development" };
const execution: Subject = { connectionId: "local", kind: "execution", id: { ...scope, name: "f0123" } };
const node: Subject = { connectionId: "config", kind: "node", id: { execution: execution.id, nodeId: "n0-0-dn1" } };
const entity: Subject = {
  connectionId: "settings:our cluster",
  kind: "entity",
  id: { ...scope, kind: "launchPlan", name: "pipelines.training.small", version: "v1/ä?#%" },
};

describe("addresses of documents", () => {
  it("are readable", () => {
    assert.equal(
      toPath({ subject: execution, form: "outputs" }),
      "/v1/local/-/flytesnacks/development/executions/f0123.outputs.yaml",
    );
    assert.equal(
      toPath({ subject: node, form: "inputs" }),
      "/v1/config/-/flytesnacks/development/executions/f0123/n0-0-dn1.inputs.yaml",
    );
  });

  it("lead back to what they are about", () => {
    const forms: DocumentForm[] = ["inputs", "outputs", "detail", "error"];
    for (const subject of [execution, node]) {
      for (const form of forms) {
        assert.deepEqual(parsePath(toPath({ subject, form })), { subject, form });
      }
    }
    assert.deepEqual(parsePath(toPath({ subject: entity, form: "detail" })), { subject: entity, form: "detail" });
  });

  it("keep the organisation, and names that look like something else", () => {
    for (const name of ["..", ".", "a/b", "x.json", "x.outputs.yaml", "%2F", "a b"]) {
      const subject: Subject = { connectionId: "a/b", kind: "execution", id: { org: "our org", ...scope, name } };
      const path = toPath({ subject, form: "error" });
      assert.deepEqual(parsePath(path), { subject, form: "error" });
      assert.equal(path.split("/").length, 8, path);
      assert.ok(!path.split("/").includes(".."));
    }
  });

  it("of another kind are none", () => {
    for (const path of [
      "",
      "/",
      "/v1/local/-/p/d/executions/f.txt",
      "/v2/local/-/p/d/executions/f.outputs.yaml",
      "/v1/local/-/p/d/executions/.outputs.yaml",
      "/v1/local//p/d/executions/f.outputs.yaml",
      "/v1/local/-/p/d/others/f.outputs.yaml",
      "/v1/local/-/p/d/executions/f/n0/n1.outputs.yaml",
      "/v1/local/-/p/d/tasks/name.json",
      "/v1/local/-/p/d/tasks/v1/name.outputs.yaml",
      "/v1/local/-/p/d/executions/%E0%A4%A.outputs.yaml",
    ]) {
      assert.equal(parsePath(path), undefined, path);
    }
  });
});
