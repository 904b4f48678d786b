// The repository's own npm dependencies, as package-lock.json has them.

import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { run, say } from "./step.mjs";

/**
 * Runs `npm ci` unless node_modules holds what the lock file asks for.
 * @param {string} root the repository
 */
export async function installNpmDependencies(root) {
  const what = "npm dependencies";
  const reason = outdated(root);
  if (!reason) {
    say(`${what}: present`);
    return;
  }
  say(`${what}: \`npm ci\` in node_modules, because ${reason}`);
  // On Windows npm is a batch file, which only a shell starts.
  const shell = process.platform === "win32";
  await run("npm", ["ci", "--no-audit", "--no-fund"], { cwd: root, shell, what: "`npm ci`" });
}

/** Why node_modules is not what the lock file asks for, or undefined. */
function outdated(root) {
  // npm writes this file last, so it is there only after a complete install.
  const installedFile = path.join(root, "node_modules/.package-lock.json");
  if (!existsSync(installedFile)) {
    return "there is none";
  }
  const locked = packages(path.join(root, "package-lock.json"));
  const installed = packages(installedFile);
  for (const [folder, { version, optional }] of Object.entries(locked)) {
    const found = installed[folder]?.version;
    if (folder === "" || found === version || (found === undefined && optional)) {
      continue;
    }
    const name = folder.slice(folder.lastIndexOf("node_modules/") + "node_modules/".length);
    return `${name} is ${found ?? "missing"} there and ${version} in package-lock.json`;
  }
  return undefined;
}

function packages(file) {
  return JSON.parse(readFileSync(file, "utf8")).packages;
}
