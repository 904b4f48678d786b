// Registering needs no grpcio in the user's Python, and leaves the same on the server whether it is there or not.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { rmSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { connect } from "../../src/flyte/addon";
import { serveLocal } from "../fixtures/local-server.mjs";
import { pythons } from "../setup/python.mjs";
import { root } from "../setup/setup.mjs";
import { temporaryFolder } from "../vscode/harness/cleanup.mjs";
import { SAMPLE, serializeProject } from "./project";
import { SCOPE } from "./setting";

const run = promisify(execFile);

/** What a server on a new data directory keeps after a file was registered with an interpreter. */
async function registered(file: string, python: string, data: string): Promise<Record<string, string>> {
  const server = await serveLocal(data);
  const client = connect({ endpoint: server.endpoint, insecure: true });
  try {
    // Not a copy: flytekit's version depends on where the sources are.
    const project = await serializeProject(client, SCOPE, file, { python, workspace: SAMPLE });
    const report = await client.register(project.plan, () => {}).finally(project.remove);
    assert.deepEqual(
      report.results.map(({ id, status }) => `${id.name} ${status}`),
      project.plan.items.map(({ id }) => `${id.name} created`),
    );
    const script = path.join(root, "test/fixtures/stored.py");
    const { stdout } = await run(pythons().python, [script, server.endpoint, SCOPE.project, SCOPE.domain]);
    return JSON.parse(stdout);
  } finally {
    client.close();
    await server.stop();
  }
}

describe("registering with a Python that has no grpcio", function () {
  this.timeout(60_000);
  const { python, pythonNoGrpcio } = pythons();

  it("is what the second of the two environments is for", async () => {
    const question = "import importlib.util; print(importlib.util.find_spec('grpc') is not None)";
    const answers = await Promise.all([python, pythonNoGrpcio].map((one) => run(one, ["-c", question])));
    assert.deepEqual(
      answers.map(({ stdout }) => stdout.trim()),
      ["True", "False"],
    );
  });

  for (const [file, count] of [
    ["hello.py", 3],
    ["pipelines/training.py", 13],
  ] as const) {
    it(`stores the same bytes as with it: ${file}`, async () => {
      const { folder, remove } = temporaryFolder("flyte-grpcio");
      const data = path.join(folder, "data");
      const without = await registered(file, pythonNoGrpcio, data);
      // At the same place again: the bundle's address, which the tasks hold, begins with it.
      rmSync(data, { recursive: true });
      const withGrpcio = await registered(file, python, data);
      remove();
      assert.equal(Object.keys(without).length, count);
      assert.deepEqual(Object.keys(without), Object.keys(withGrpcio));
      const different = Object.keys(without).filter((entity) => without[entity] !== withGrpcio[entity]);
      assert.deepEqual(different, []);
    });
  }
});
