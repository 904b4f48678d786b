// What VS Code's server and its browser need of the system: with apt it is installed when we may, else it is named.

import { chromium } from "./chromium.mjs";
import { hasApt, installPackages, mayInstall, notInstalled } from "./debian.mjs";
import { ask, Missing, say } from "./step.mjs";
import { hasVscodeServer } from "./vscode-server.mjs";

// The server's native modules (Kerberos, keyboard layout, secrets) are compiled against these.
const HEADERS = {
  debian: ["libkrb5-dev", "libx11-dev", "libxkbfile-dev", "libsecret-1-dev", "pkg-config"],
  pkgConfig: ["krb5-gssapi", "x11", "xkbfile", "libsecret-1"],
  fedora: ["krb5-devel", "libX11-devel", "libxkbfile-devel", "libsecret-devel", "pkgconf"],
};

/** What is missing that set-up cannot install itself, each with the way to get it. */
export function missingOfSystem() {
  if (!hasApt()) {
    return [...browser(), ...headers()];
  }
  const packages = missingPackages();
  if (packages.length === 0 || mayInstall()) {
    return [];
  }
  const list = packages.join(" ");
  return [{ what: `Debian packages: ${list}`, how: `Run \`sudo apt-get install ${list}\`.` }];
}

/**
 * Installs what is missing, where there is apt.
 * @throws {Missing} when there is no browser after it
 */
export async function installSystem() {
  const packages = hasApt() ? missingPackages() : [];
  if (packages.length > 0) {
    await installPackages(packages);
  }
  const found = chromium();
  if (!found) {
    throw new Missing(browser());
  }
  say(`Chromium: ${packages.includes("chromium") ? "installed" : "present"}, ${found}`);
}

function missingPackages() {
  return notInstalled([
    ...(chromium() ? [] : ["chromium"]),
    // Without a font, screenshots show boxes.
    ...(ask("fc-list", []) ? [] : ["fonts-dejavu-core"]),
    ...(hasVscodeServer() ? [] : HEADERS.debian),
  ]);
}

function browser() {
  return chromium()
    ? []
    : [{ what: "Chromium or Google Chrome", how: "Install it, or set $CHROMIUM to the path of its program." }];
}

function headers() {
  const isThere =
    process.platform !== "linux" ||
    hasVscodeServer() ||
    ask("pkg-config", ["--exists", ...HEADERS.pkgConfig]) !== undefined;
  return isThere
    ? []
    : [
        {
          what: `Headers that pkg-config knows as ${HEADERS.pkgConfig.join(", ")}`,
          how: `Install your distribution's development packages (Fedora: \`dnf install ${HEADERS.fedora.join(" ")}\`).`,
        },
      ];
}
