// The embedded Flyte that the extension under test started, seen from outside of VS Code.

import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

const STATE_FILE = "server.json";

/**
 * What a running flyte-local says of itself in its data directory.
 * @param {string} folder anywhere above that directory, such as the data folders of a VS Code under test
 * @returns {{endpoint: string, data: string, pid: number} | undefined} undefined while none runs
 */
export function findLocalFlyte(folder) {
  const found = readdirSync(folder, { recursive: true, encoding: "utf8" }).find(
    (file) => path.basename(file) === STATE_FILE && file.includes("globalStorage"),
  );
  return found === undefined ? undefined : JSON.parse(readFileSync(path.join(folder, found), "utf8"));
}
