// Debian's and Ubuntu's packages: asked for by name, installed when we may.

import { existsSync } from "node:fs";
import { ask, Missing, run, say } from "./step.mjs";

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

/**
 * Installs Debian packages, as root or through a sudo that asks for no password.
 * @param {string[]} packages
 * @param {string} purpose what they are for
 * @throws {Missing} with the command to run, when neither is possible
 */
export async function installPackages(packages, purpose) {
  const root = process.getuid?.() === 0;
  if (!root && ask("sudo", ["-n", "true"]) === undefined) {
    throw new Missing([
      {
        what: `Debian packages for ${purpose}: ${packages.join(" ")}`,
        how: `Run \`sudo apt-get install ${packages.join(" ")}\`.`,
      },
    ]);
  }
  say(`Debian packages for ${purpose}: installing ${packages.join(" ")} with apt-get`);
  const [command, ...first] = root ? ["apt-get"] : ["sudo", "-n", "DEBIAN_FRONTEND=noninteractive", "apt-get"];
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  await run(command, [...first, "update", "-qq"], { env });
  await run(command, [...first, "install", "-y", "-qq", "--no-install-recommends", ...packages], { env });
}
