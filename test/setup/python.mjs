// Two Python environments with flytekit: the one that most users have, and one without grpcio, which shows that
// registering does not need it.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { cached, installOnce } from "./cache.mjs";
import { run, say } from "./step.mjs";

const FLYTEKIT = "flytekit==1.16.31";
const TOOLS = ["pytest", "ruff"];
const CONSTRAINTS = fileURLToPath(new URL("python-constraints.txt", import.meta.url));
const GRPC = ["grpcio", "grpcio-status"];

const VARIANTS = {
  python: { what: "Python with flytekit", packages: [FLYTEKIT, ...TOOLS], without: [] },
  "python-no-grpcio": { what: "Python with flytekit, without grpcio", packages: [FLYTEKIT], without: GRPC },
};

/** The interpreters of both environments. */
export function pythons() {
  return { python: interpreter("python"), pythonNoGrpcio: interpreter("python-no-grpcio") };
}

/**
 * Installs both environments unless they are there.
 * @param {string} base the Python that they are made with
 */
export async function installPythons(base) {
  for (const [variant, { what, packages, without }] of Object.entries(VARIANTS)) {
    const installed = await installOnce(folderName(variant), async (folder) => {
      say(`${what}: installing ${packages.join(", ")} from PyPI in ${folder}`);
      await run(base, ["-m", "venv", folder]);
      const python = interpreter(variant);
      await run(python, ["-m", "pip", "install", "--quiet", "--constraint", CONSTRAINTS, ...packages]);
      if (without.length > 0) {
        await run(python, ["-m", "pip", "uninstall", "--quiet", "--yes", ...without]);
      }
    });
    if (!installed) {
      say(`${what}: present in ${cached(folderName(variant))}`);
    }
  }
}

function interpreter(variant) {
  return path.join(cached(folderName(variant)), process.platform === "win32" ? "Scripts/python.exe" : "bin/python");
}

// What is in it decides the name, so that other pins make other environments.
function folderName(variant) {
  const { packages, without } = VARIANTS[variant];
  const content = JSON.stringify([packages, without, readFileSync(CONSTRAINTS, "utf8")]);
  return `${variant}-${createHash("sha256").update(content).digest("hex").slice(0, 8)}`;
}
