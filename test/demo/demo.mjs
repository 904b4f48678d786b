// `npm run demo`: sets everything up, and does the main job on the embedded Flyte in a real VS Code.
//
//   npm run demo                      leaves VS Code running and says where a browser finds it, until Ctrl+C
//   npm run demo -- --headless        ends by itself: exit code 0 when all of it worked
//   npm run demo -- --screenshot F    writes the picture of it to the file F too

import { copyFileSync, cpSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { root, setUp } from "../setup/setup.mjs";
import { tell } from "../setup/step.mjs";

const FILE = "pipelines/training.py";
const WORKFLOW = "pipelines.training.train";
// Wide enough for what the tree says beside the names.
const SIDE_BAR = 480;

const { values: options } = parseArgs({
  options: { headless: { type: "boolean", default: false }, screenshot: { type: "string" } },
});

try {
  await setUp();
  await demo();
} catch (error) {
  tell(error);
  process.exitCode = 1;
}

async function demo() {
  const { show } = await import("../suites/commands.mjs");
  const { openWorkbench } = await import("../vscode/harness/workbench.mjs");
  const { temporaryFolder } = await import("../vscode/harness/cleanup.mjs");
  const { pythons } = await import("../setup/python.mjs");
  const job = await import("./job.mjs");

  const folders = temporaryFolder("flyte-demo");
  const vsix = path.join(folders.folder, "flyte.vsix");
  const workspace = path.join(folders.folder, "workspace");
  console.log("\nBuilding and packaging the extension");
  if ((await show("npx", ["vsce", "package", "--out", vsix])).code !== 0) {
    throw new Error("The build failed.");
  }
  cpSync(path.join(root, "test/fixtures/workspace"), workspace, { recursive: true });

  console.log("\nOpening VS Code with the extension and the sample project");
  const workbench = await openWorkbench({
    workspace,
    vsixes: [vsix],
    settings: { "flyte.python.interpreter": pythons().python },
    size: { width: 1400, height: 900 },
  });
  try {
    console.log("Starting the embedded Flyte");
    const server = await job.startLocalFlyte(workbench);
    await workbench.resizeSideBar(SIDE_BAR);
    console.log(`Registering ${FILE}`);
    console.log(`  ${await job.registerFile(workbench, FILE)}`);
    const version = await job.newestVersion(workbench, WORKFLOW);
    console.log(`Running ${WORKFLOW}, version ${version}`);
    const { execution, phase } = await job.execute(server, { workspace, workflow: WORKFLOW, version });
    console.log(`  ${execution}: ${phase}`);
    if (phase !== "SUCCEEDED") {
      throw new Error(`${WORKFLOW} did not succeed.`);
    }
    await workbench.runCommand("Flyte: Refresh");
    const outputs = await job.openOutputs(workbench, execution);
    await workbench.clearNotifications();
    const picture = await workbench.screenshot("demo");
    if (options.screenshot) {
      copyFileSync(picture, options.screenshot);
    }
    console.log(`\nThe tree, as VS Code shows it:\n${await workbench.tree()}`);
    console.log(`\nThe outputs of ${execution}:\n${outputs}`);
    console.log(`\nScreenshot: ${options.screenshot ?? picture}`);
    if (!options.headless) {
      await leaveRunning(workbench);
    }
  } finally {
    await workbench.close();
    folders.remove();
  }
}

async function leaveRunning(workbench) {
  await workbench.leave();
  console.log(`
VS Code is at ${workbench.address}
Open that address in a browser, then the Flyte view in the activity bar, and choose "Start Local Flyte": what was
registered and run is there. Ctrl+C ends VS Code and removes all of it.`);
  await new Promise(() => {
    // A promise alone does not keep the process.
    setInterval(() => {}, 60_000);
  });
}
