// Where screenshots and logs of a run go.

import { mkdirSync } from "node:fs";
import path from "node:path";
import { root } from "../../setup/setup.mjs";

/** The folder, made when it is not there. git ignores it. */
export function artifacts() {
  const folder = path.join(root, "test/vscode/.artifacts");
  mkdirSync(folder, { recursive: true });
  return folder;
}
