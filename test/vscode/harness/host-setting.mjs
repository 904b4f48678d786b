// What the host tests find around them, under VS Code's server and under Electron alike.

import { cpSync, existsSync } from "node:fs";
import path from "node:path";
import { pythons } from "../../setup/python.mjs";
import { root } from "../../setup/setup.mjs";
import { temporaryFolder } from "./cleanup.mjs";

/** A copy of test/fixtures/workspace, or an empty folder when there is none. */
export function hostWorkspace() {
  const workspace = temporaryFolder("flyte-workspace");
  const fixture = path.join(root, "test/fixtures/workspace");
  if (existsSync(fixture)) {
    cpSync(fixture, workspace.folder, { recursive: true });
  }
  return workspace;
}

/**
 * Environment variables for the tests.
 * @param {string} workspace the folder that is open
 * @returns {Record<string, string>}
 */
export function hostEnvironment(workspace) {
  const { python, pythonNoGrpcio } = pythons();
  return {
    FLYTE_TEST_ROOT: root,
    FLYTE_TEST_WORKSPACE: workspace,
    FLYTE_TEST_PYTHON: python,
    FLYTE_TEST_PYTHON_NO_GRPCIO: pythonNoGrpcio,
  };
}
