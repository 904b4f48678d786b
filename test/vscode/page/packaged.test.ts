// What users install: the VSIX, in a VS Code that has never seen the repository, used as a person uses it.

import assert from "node:assert/strict";
import { cpSync, readdirSync, statSync } from "node:fs";
import path from "node:path";
import { execute, newestVersion, openOutputs, registerFile, SCOPE, startLocalFlyte } from "../../demo/job.mjs";
import { pythons } from "../../setup/python.mjs";
import { root } from "../../setup/setup.mjs";
import { run } from "../../setup/step.mjs";
import { temporaryFolder } from "../harness/cleanup.mjs";
import { openWorkbench, type Workbench } from "../harness/workbench.mjs";

const WORKFLOW = "pipelines.training.train";
const MB = 1e6;

describe("the packaged extension", () => {
  const folders = temporaryFolder("flyte-page", ["package", "workspace"]);
  const workspace = path.join(folders.folder, "workspace");
  let workbench: Workbench;
  let execution: string;

  before(async function () {
    this.timeout(600_000);
    const vsix = path.join(folders.folder, "package", "flyte.vsix");
    await run("npx", ["vsce", "package", "--out", vsix], { cwd: root });
    assert.ok(statSync(vsix).size < 12 * MB, `the VSIX has ${statSync(vsix).size / MB} MB`);
    cpSync(path.join(root, "test/fixtures/workspace"), workspace, { recursive: true });
    workbench = await openWorkbench({
      workspace,
      vsixes: [vsix],
      settings: { "flyte.python.interpreter": pythons().python },
      size: { width: 1400, height: 900 },
    });
  });

  after(async () => {
    await workbench?.close();
    folders.remove();
  });

  afterEach(async function () {
    if (this.currentTest?.state === "failed") {
      await workbench.screenshot(`failed-${this.currentTest.title.replaceAll(/\W+/g, "-")}`);
      console.error(workbench.logs());
    }
  });

  it("brings no node_modules along", async () => {
    const installed = readdirSync(workbench.extensions, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    assert.equal(installed.length, 1);
    const files = readdirSync(path.join(workbench.extensions, installed[0]?.name ?? ""), {
      recursive: true,
      encoding: "utf8",
    });
    assert.ok(files.includes(path.join("dist", "flyte-node.node")), files.join("\n"));
    assert.deepEqual(
      files.filter((file) => file.split(path.sep).includes("node_modules")),
      [],
    );
  });

  it("says what to do when there is no connection", async () => {
    await workbench.openView("Flyte");
    const welcome = workbench.page.locator(".part.sidebar .welcome-view-content");
    await welcome.getByText("Start Local Flyte").first().waitFor();
    await workbench.screenshot("welcome");
  });

  it("starts the embedded Flyte, and lists its projects and domains", async () => {
    await startLocalFlyte(workbench);
    const domains = await workbench.children("Local", SCOPE.project);
    assert.deepEqual(
      domains.map(({ label }) => label),
      ["development", "staging", "production"],
    );
  });

  it("registers the active file, and names what was registered", async () => {
    const said = await registerFile(workbench, "pipelines/training.py");
    await workbench.screenshot("registered");
    assert.match(said, /Registered 13 entities/);
  });

  it("shows the outputs of an execution", async () => {
    const version = await newestVersion(workbench, WORKFLOW);
    const server = await workbench.localFlyte();
    const ended = await execute(server, { workspace, workflow: WORKFLOW, version });
    assert.equal(ended.phase, "SUCCEEDED");
    execution = ended.execution;
    await workbench.runCommand("Flyte: Refresh");
    const outputs = await openOutputs(workbench, execution);
    await workbench.screenshot("outputs");
    assert.match(outputs, /good: true/);
    assert.match(outputs, /per_kilometre: 2\.\d+/);
  });

  it("shows the last execution on hovering over its workflow", async () => {
    await workbench.openFile("hello.py");
    await registerFile(workbench, "hello.py");
    const version = await newestVersion(workbench, "hello.hello");
    const server = await workbench.localFlyte();
    await execute(server, { workspace, workflow: "hello.hello", version, inputs: { name: "you" } });
    await workbench.openFile("hello.py");
    const hover = await workbench.hover("hello");
    await workbench.screenshot("hover");
    assert.match(hover, /succeeded/);
    assert.match(hover, /Hello, you!/);
  });
});
