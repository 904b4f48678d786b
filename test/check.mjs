// `npm run check`: format, lint and types of all that is written here, each with its own field's tool.

import { existsSync } from "node:fs";
import path from "node:path";
import { pythons } from "./setup/python.mjs";
import { root } from "./setup/setup.mjs";
import { show } from "./suites/commands.mjs";

const ADDON_TYPES = "native/node/index.d.ts";

/**
 * Runs all checks, the later ones also when an earlier one fails.
 * @returns {Promise<string[]>} names of those that failed
 */
export async function check() {
  if (!existsSync(path.join(root, ADDON_TYPES))) {
    throw new Error(`${ADDON_TYPES} is not there: it comes with the addon. Run \`npm run build:native\`.`);
  }
  const ruff = path.join(path.dirname(pythons().python), "ruff");
  if (!existsSync(ruff)) {
    throw new Error(`${ruff} is not there. Run \`npm run setup\`.`);
  }
  const module = (file) => path.join(root, "node_modules", file);
  const checks = [
    ["Biome", process.execPath, [module("@biomejs/biome/bin/biome"), "check", "--error-on-warnings", "."]],
    ["TypeScript", process.execPath, [module("typescript/bin/tsc"), "-p", "."]],
    ["rustfmt", "cargo", ["fmt", "--all", "--check"]],
    ["Clippy", "cargo", ["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]],
    ["Ruff", ruff, ["check", "--no-cache", "."]],
    ["Ruff's format", ruff, ["format", "--no-cache", "--check", "."]],
  ];
  const failed = [];
  for (const [name, command, args] of checks) {
    console.log(`— ${name}`);
    const { code } = await show(command, args);
    if (code !== 0) {
      failed.push(name);
    }
  }
  return failed;
}

if (process.argv[1] && path.resolve(process.argv[1]) === path.join(root, "test/check.mjs")) {
  try {
    const failed = await check();
    console.log(failed.length === 0 ? "\nAll checks passed." : `\nFailed: ${failed.join(", ")}`);
    process.exitCode = failed.length === 0 ? 0 : 1;
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
