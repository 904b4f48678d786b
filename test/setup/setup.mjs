// `npm run setup`: everything that the tests and the demo need, on a machine that has Node, Rust and Python.
//
// Safe to repeat: what is present is skipped, what was interrupted is done again. Uses Node's builtins only, because it
// runs before there is a node_modules. Nothing but node_modules is written inside the checkout.

import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { cacheDirectory, withLock } from "./cache.mjs";
import { chromium } from "./chromium.mjs";
import { installNode24, node24 } from "./node24.mjs";
import { installNpmDependencies } from "./npm.mjs";
import { checkPrerequisites } from "./prerequisites.mjs";
import { installPythons, pythons } from "./python.mjs";
import { CommandFailed, Missing, tell } from "./step.mjs";
import { installSystem } from "./system.mjs";
import { installVscodeServer, vscodeServer } from "./vscode-server.mjs";

/** The repository. */
export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");

/**
 * @typedef {object} Tools paths of what set-up installs
 * @property {string} node24 the Node that VS Code's server runs on
 * @property {string} vscodeServer script of VS Code's server
 * @property {string} chromium
 * @property {string} python interpreter with flytekit, pytest and ruff
 * @property {string} pythonNoGrpcio interpreter with flytekit whose grpcio was uninstalled
 */

/**
 * Installs what is missing, telling what and where.
 * @param {{server?: boolean}} [options] `server: false` leaves out VS Code's server and its browser, for tests that bring
 *   a VS Code of their own
 * @returns {Promise<void>} after which `tools()` knows where things are
 * @throws {Missing} naming what it cannot install itself, and how to get it
 * @throws {CommandFailed} when something cannot be installed, as without a network
 */
export async function setUp({ server = true } = {}) {
  console.log(`Set-up, cache in ${cacheDirectory()}`);
  if (server && process.platform === "win32") {
    throw new Missing([
      {
        what: "VS Code's server, which runs on Linux and macOS",
        how: "On Windows run `npm run build` and `npm run test:electron`.",
      },
    ]);
  }
  const { python } = checkPrerequisites({ server });
  await withLock(() => install(python, server)).catch((error) => {
    if (error instanceof CommandFailed) {
      error.message += `\n\nSet-up cannot go on. It needs the registries of npm and PyPI, and where there is apt its mirrors. Once they can be reached, repeat it: what is complete is kept.`;
    }
    throw error;
  });
}

async function install(python, server) {
  if (server) {
    await installSystem();
  }
  await installNpmDependencies(root);
  await installPythons(python);
  if (server) {
    await installNode24(python);
    await installVscodeServer();
  }
}

/**
 * Where things are. Installs nothing.
 * @returns {Tools}
 * @throws {Error} when something is not there
 */
export function tools() {
  const found = { node24: node24().node, vscodeServer: vscodeServer(), chromium: chromium() ?? "", ...pythons() };
  for (const [name, file] of Object.entries(found)) {
    if (!existsSync(file)) {
      throw new Error(`${name} is not installed${file && ` (no ${file})`}. Run \`npm run setup\`.`);
    }
  }
  return found;
}

if (process.argv[1] && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  try {
    await setUp();
  } catch (error) {
    tell(error);
    process.exitCode = 1;
  }
}
