// Debian's and Ubuntu's packages: asked for by name, installed when we may.

import { existsSync } from "node:fs";
import { ask, run, say } from "./step.mjs";

/** Whether this system installs packages with apt. */
export function hasApt() {
  return process.platform === "linux" && existsSync("/usr/bin/apt-get") && existsSync("/usr/bin/dpkg-query");
}

/** Those of `packages` that are not installed. */
export function notInstalled(packages) {
  return packages.filter(
    (name) => !ask("dpkg-query", ["--status", name])?.includes("\nStatus: install ok installed\n"),
  );
}

/** Whether we may install them: as root, or through a sudo that asks for no password. */
export function mayInstall() {
  return isRoot() || ask("sudo", ["-n", "true"]) !== undefined;
}

/**
 * Installs packages; `mayInstall` has to hold.
 * @param {string[]} packages
 */
export async function installPackages(packages) {
  say(`Debian packages: installing ${packages.join(" ")} with apt-get`);
  const [command, ...first] = isRoot() ? ["apt-get"] : ["sudo", "-n", "DEBIAN_FRONTEND=noninteractive", "apt-get"];
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  await run(command, [...first, "update", "-qq"], { env });
  await run(command, [...first, "install", "-y", "-qq", "--no-install-recommends", ...packages], { env });
}

function isRoot() {
  return process.getuid?.() === 0;
}
