// `npm run demo`: sets everything up, and does the main job on the embedded Flyte in a real VS Code.
//
//   npm run demo                 leaves VS Code running and says where a browser finds it, until Ctrl+C
//   npm run demo -- --headless   ends by itself: exit code 0 when all of it worked

import { cpSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { root, setUp } from "../setup/setup.mjs";
import { Missing } from "../setup/step.mjs";

const FILE = "pipelines/training.py";
const WORKFLOW = "pipelines.training.train";

const { values: options } = parseArgs({ options: { headless: { type: "boolean", default: false } } });

try {
  await setUp();
  await demo();
} catch (error) {
  console.error(error instanceof Missing ? error.message : error);
  process.exitCode = 1;
}

async function demo() {
  const { show } = await import("../suites/commands.mjs");
  const { openWorkbench } = await import("../vscode/harness/workbench.mjs");
  const { temporaryFolder } = await import("../vscode/harness/cleanup.mjs");
  const { pythons } = await import("../setup/python.mjs");
  const job = await import("./job.mjs");

  console.log("\nBuilding the addon, the embedded Flyte and the extension");
  if ((await show("npm", ["run", "build"])).code !== 0) {
    throw new Error("The build failed.");
  }
  const workspace = temporaryFolder("flyte-demo");
  cpSync(path.join(root, "test/fixtures/workspace"), workspace.folder, { recursive: true });

  console.log("\nOpening VS Code with the sample project");
  const workbench = await openWorkbench({
    workspace: workspace.folder,
    extension: root,
    settings: { "flyte.python.interpreter": pythons().python },
    size: { width: 1400, height: 900 },
  });
  try {
    console.log("Starting the embedded Flyte");
    const server = await job.startLocalFlyte(workbench);
    console.log(`Registering ${FILE}`);
    console.log(`  ${await job.registerFile(workbench, FILE)}`);
    const version = await job.newestVersion(workbench, WORKFLOW);
    console.log(`Running ${WORKFLOW}, version ${version}`);
    const { execution, phase } = await job.execute(server, {
      workspace: workspace.folder,
      workflow: WORKFLOW,
      version,
    });
    console.log(`  ${execution}: ${phase}`);
    await workbench.runCommand("Flyte: Refresh");
    const outputs = await job.openOutputs(workbench, execution);
    const picture = await workbench.screenshot("demo");
    console.log(`\nThe tree, as VS Code shows it:\n${await workbench.tree()}`);
    console.log(`\nThe outputs of ${execution}:\n${outputs}`);
    console.log(`\nScreenshot: ${picture}`);
    if (!options.headless) {
      await leaveRunning(workbench, workspace.folder);
    }
  } finally {
    await workbench.close();
    workspace.remove();
  }
}

async function leaveRunning(workbench, folder) {
  console.log(`\nVS Code is at ${workbench.origin}/?folder=${encodeURIComponent(folder)}\nCtrl+C ends it.`);
  await new Promise(() => {
    // A promise alone does not keep the process.
    setInterval(() => {}, 60_000);
  });
}
