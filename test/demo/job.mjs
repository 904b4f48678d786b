// The main job as a person does it in VS Code: start the embedded Flyte, register a file, look at what ran.

import path from "node:path";
import { pythons } from "../setup/python.mjs";
import { root } from "../setup/setup.mjs";
import { run } from "../setup/step.mjs";

/** Where the embedded Flyte registers to, as the tree shows it. */
export const SCOPE = { project: "flytesnacks", domain: "development" };

const MINUTE = 60_000;

/**
 * Starts the embedded Flyte from the Flyte view.
 * @param {import("../vscode/harness/workbench.mjs").Workbench} workbench
 * @returns {Promise<{endpoint: string}>} where it listens
 */
export async function startLocalFlyte(workbench) {
  await workbench.openView("Flyte");
  await workbench.runCommand("Flyte: Start Local Flyte");
  await workbench.expand("Local", SCOPE.project, SCOPE.domain);
  return workbench.localFlyte();
}

/**
 * Registers a file of the workspace with `Flyte: Register`.
 * @param {import("../vscode/harness/workbench.mjs").Workbench} workbench
 * @param {string} file its path in the workspace
 * @returns {Promise<string>} what the notification at the end says
 */
export async function registerFile(workbench, file) {
  await workbench.openFile(file);
  await workbench.runCommand("Flyte: Register");
  const notification = await workbench.notification(/Registered \d+ entit/, 3 * MINUTE);
  return (await notification.locator(".notification-list-item-message").textContent()) ?? "";
}

/**
 * The newest version of a workflow, read from the tree.
 * @param {import("../vscode/harness/workbench.mjs").Workbench} workbench
 * @param {string} workflow
 */
export async function newestVersion(workbench, workflow) {
  const labels = ["Local", SCOPE.project, SCOPE.domain, "Workflows", workflow];
  await workbench.expand(...labels);
  const [version] = await workbench.children(...labels);
  return version.label;
}

/**
 * Runs a registered workflow: the tasks' own Python, with the events that a cluster would report. The embedded Flyte keeps
 * them as it would a cluster's.
 * @param {{endpoint: string}} server
 * @param {{workspace: string, workflow: string, version: string, inputs?: Record<string, unknown>, fail?: boolean}} what
 * @returns {Promise<{execution: string, phase: string}>}
 */
export async function execute({ endpoint }, { workspace, workflow, version, inputs = {}, fail = false }) {
  const output = await run(
    pythons().python,
    [
      path.join(root, "test/fixtures/executor/execute.py"),
      ...["--endpoint", endpoint, "--project", SCOPE.project, "--domain", SCOPE.domain],
      ...["--workspace", workspace, "--workflow", workflow, "--inputs", JSON.stringify(inputs)],
      // As one argument: a version may begin with a dash.
      `--version=${version}`,
      ...(fail ? ["--fail"] : []),
    ],
    { what: `Running ${workflow}` },
  );
  return JSON.parse(output.trimEnd().split("\n").at(-1));
}

/**
 * Opens the outputs of an execution from the tree.
 * @param {import("../vscode/harness/workbench.mjs").Workbench} workbench
 * @param {string} execution its name
 * @returns {Promise<string>} the document, as far as it is in sight
 */
export async function openOutputs(workbench, execution) {
  const labels = ["Local", SCOPE.project, SCOPE.domain, "Executions", execution];
  await workbench.expand(...labels);
  const row = await workbench.row(...labels, "Outputs");
  await row.dblclick();
  await workbench.openedEditor(/outputs/);
  return workbench.editorText();
}
