// The browser that shows the workbench: one that is there, else Debian's.

import { accessSync, constants } from "node:fs";
import path from "node:path";
import { hasApt, installPackages, notInstalled } from "./debian.mjs";
import { Missing, say } from "./step.mjs";

// Without a font, screenshots show boxes.
const FONTS = ["fonts-dejavu-core"];
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

/** Installs Debian's Chromium unless a browser is there, and a font for it to write with. */
export async function installChromium() {
  const found = chromium();
  const wanted = [...(found ? [] : ["chromium"]), ...FONTS];
  if (!found && !hasApt()) {
    throw new Missing([
      { what: "Chromium or Google Chrome", how: "Install it, or set $CHROMIUM to the path of its program." },
    ]);
  }
  const missing = hasApt() ? notInstalled(wanted) : [];
  if (missing.length > 0) {
    await installPackages(missing, "the browser");
  }
  if (!chromium()) {
    throw new Missing([
      {
        what: "Chromium: its Debian package installed no program",
        how: "Set $CHROMIUM to Chromium's or Chrome's program.",
      },
    ]);
  }
  say(`Chromium: ${found ? "present" : "installed"}, ${chromium()}`);
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
