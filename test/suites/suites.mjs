// The suites of `npm test`, in the order in which they run.

import { readFileSync } from "node:fs";
import path from "node:path";
import { pythons } from "../setup/python.mjs";
import { root } from "../setup/setup.mjs";
import { temporaryFolder } from "../vscode/harness/cleanup.mjs";
import { show } from "./commands.mjs";
import { cargoCounts, pytestCounts } from "./counts.mjs";
import { filesBelow } from "./files.mjs";

/**
 * @typedef {object} Suite
 * @property {string} name as it is selected
 * @property {string} title
 * @property {boolean} needsBuild whether it runs what `npm run build` makes
 * @property {() => string[]} files those it takes its tests from; a suite without files is left out
 * @property {(files: string[], options: {grep?: string}) => Promise<{code: number, counts?: import("./counts.mjs").Counts}>} run
 *   without counts when it ended before it had any
 */

const TEST_TS = /\.test\.ts$/;
const MINUTE = 60_000;

/** @type {Suite[]} */
export const suites = [
  {
    name: "rust",
    title: "Rust tests",
    needsBuild: false,
    files: () => filesBelow(path.join(root, "native"), /^Cargo\.toml$/),
    run: async () => {
      const { code, output } = await show("cargo", ["test", "--workspace", "--no-fail-fast"]);
      return { code, counts: cargoCounts(output) };
    },
  },
  nodeSuite("unit", "Unit tests", false, 10_000),
  nodeSuite("contract", "Contract tests: the client against servers", true, 30_000),
  {
    name: "python",
    title: "Python tests",
    needsBuild: true,
    files: () => filesBelow(path.join(root, "test/python"), /^test_.*\.py$/),
    run: async (files) => {
      const { code, output } = await show(pythons().python, ["-m", "pytest", "-p", "no:cacheprovider", ...files]);
      return { code, counts: pytestCounts(output) };
    },
  },
  {
    name: "host",
    title: "Tests in VS Code's extension host",
    needsBuild: true,
    files: () => filesBelow(path.join(root, "test/vscode/host"), TEST_TS),
    run: async (files, { grep }) => {
      const { bundleForHost } = await import("./bundle.mjs");
      const { runHostTests } = await import("../vscode/harness/host-tests.mjs");
      const { hostEnvironment, hostWorkspace } = await import("../vscode/harness/host-setting.mjs");
      const tests = await bundleForHost(files);
      const workspace = hostWorkspace();
      try {
        const env = hostEnvironment(workspace.folder);
        const counts = await runHostTests({ extension: root, tests, workspace: workspace.folder, env, grep });
        return { code: counts.failed > 0 ? 1 : 0, counts };
      } finally {
        workspace.remove();
      }
    },
  },
  nodeSuite("vscode/page", "Tests in VS Code's window", true, 120_000),
];

/** Tests that mocha runs in plain Node. */
function nodeSuite(folder, title, needsBuild, timeout) {
  return {
    name: path.basename(folder),
    title,
    needsBuild,
    files: () => filesBelow(path.join(root, "test", folder), TEST_TS),
    run: async (files, { grep }) => {
      const { bundleForNode } = await import("./bundle.mjs");
      const bundles = await bundleForNode(folder, files);
      const results = temporaryFolder("flyte-tests");
      const countsFile = path.join(results.folder, "counts.json");
      const { code } = await show(
        process.execPath,
        [
          "--enable-source-maps",
          "node_modules/mocha/bin/mocha.js",
          "--reporter=test/suites/mocha-reporter.cjs",
          "--forbid-only",
          "--forbid-pending",
          `--timeout=${timeout}`,
          ...(process.stdout.isTTY ? ["--color"] : []),
          ...(grep ? ["--grep", grep] : []),
          ...bundles,
        ],
        { env: { FLYTE_TEST_COUNTS: countsFile }, timeout: 20 * MINUTE },
      );
      const counts = readCounts(countsFile);
      results.remove();
      return { code, counts };
    },
  };
}

function readCounts(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    if (error.code === "ENOENT") {
      return undefined;
    }
    throw error;
  }
}
