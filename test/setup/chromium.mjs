// The browser that shows the workbench.

import { accessSync, constants } from "node:fs";
import path from "node:path";
import { Missing } from "./step.mjs";

const NAMES = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];
const MAC_APPLICATIONS = [
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/**
 * Path of Chromium or Chrome, or undefined.
 * @throws {Missing} when $CHROMIUM names something that cannot be run
 */
export function chromium() {
  const chosen = process.env.CHROMIUM;
  if (chosen) {
    if (!isExecutable(chosen)) {
      throw new Missing([
        { what: `$CHROMIUM: ${chosen} cannot be run`, how: "Set it to Chromium's or Chrome's program." },
      ]);
    }
    return path.resolve(chosen);
  }
  const folders = (process.env.PATH ?? "").split(path.delimiter).filter(Boolean);
  const onPath = NAMES.flatMap((name) => folders.map((folder) => path.join(folder, name)));
  return [...onPath, ...(process.platform === "darwin" ? MAC_APPLICATIONS : [])].find(isExecutable);
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
