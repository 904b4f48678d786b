// `npm run test:electron`: the host tests in a downloaded VS Code, with Electron. `npm test` runs the same files in VS Code's
// server, which needs no download; what only Electron can show is shown here.
//
//   npm run test:electron -- --vscode 1.101.0 --grep "register"
//
// Needs a display (on Linux without one: `xvfb-run -a npm run test:electron`), and what `npm run build` makes.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { localBinary } from "../fixtures/local-server.mjs";
import { root, setUp } from "../setup/setup.mjs";
import { tell } from "../setup/step.mjs";
import { filesBelow } from "../suites/files.mjs";
import { temporaryFolder } from "./harness/cleanup.mjs";
import { hostEnvironment, hostWorkspace } from "./harness/host-setting.mjs";
import { userSettings } from "./harness/settings.mjs";

const { values: options } = parseArgs({
  options: { vscode: { type: "string", default: "stable" }, grep: { type: "string" } },
});

try {
  // Says so when nothing is built.
  localBinary();
  await setUp({ server: false });
  process.exitCode = await testInElectron();
} catch (error) {
  tell(error);
  process.exitCode = 1;
}

async function testInElectron() {
  const { downloadAndUnzipVSCode, runTests } = await import("@vscode/test-electron");
  const { bundleForHost } = await import("../suites/bundle.mjs");
  const files = filesBelow(path.join(root, "test/vscode/host"), /\.test\.ts$/);
  if (files.length === 0) {
    throw new Error("There are no tests in test/vscode/host.");
  }
  const vscodeExecutablePath = await downloadAndUnzipVSCode(options.vscode).catch((error) => {
    throw new Error("VS Code could not be downloaded. `npm test -- host` runs the same tests without.", {
      cause: error,
    });
  });
  const tests = await bundleForHost(files);
  const workspace = hostWorkspace();
  const { folder } = temporaryFolder("flyte-electron", ["home"]);
  const counts = path.join(folder, "counts.json");
  mkdirSync(path.join(folder, "user/User"), { recursive: true });
  writeFileSync(path.join(folder, "user/User/settings.json"), JSON.stringify(userSettings));
  const failed = await runTests({
    vscodeExecutablePath,
    extensionDevelopmentPath: root,
    extensionTestsPath: tests,
    launchArgs: [
      workspace.folder,
      `--user-data-dir=${path.join(folder, "user")}`,
      `--extensions-dir=${path.join(folder, "extensions")}`,
    ],
    extensionTestsEnv: {
      ...hostEnvironment(workspace.folder),
      // The second one is Windows's name for it.
      ...{ HOME: path.join(folder, "home"), USERPROFILE: path.join(folder, "home") },
      FLYTE_TEST_COUNTS: counts,
      ...(options.grep ? { FLYTE_TEST_GREP: options.grep } : {}),
    },
  }).then(
    () => undefined,
    (error) => error,
  );
  if (!existsSync(counts)) {
    throw new Error("VS Code ended before it had run the tests.", { cause: failed });
  }
  const result = JSON.parse(readFileSync(counts, "utf8"));
  console.log(`\n${result.passed} passed, ${result.failed} failed`);
  return failed || result.failed > 0 || result.passed === 0 ? 1 : 0;
}
