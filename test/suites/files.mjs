// Finds the files of a suite.

import { existsSync, readdirSync } from "node:fs";
import path from "node:path";

/**
 * Files below a folder whose name matches, sorted; none when there is no such folder.
 * @param {string} folder
 * @param {RegExp} name
 */
export function filesBelow(folder, name) {
  if (!existsSync(folder)) {
    return [];
  }
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && name.test(entry.name))
    .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name))
    .filter((file) => !file.split(path.sep).includes("node_modules"))
    .sort();
}
