// What set-up does not install itself: the languages, and what it may not install. Everything missing is told at once.

import { ask, Missing } from "./step.mjs";
import { missingOfSystem } from "./system.mjs";

const NODE = [20, 0];
const CARGO = [1, 88];
// flytekit 1.16.31 says `>=3.10,<3.13`.
const PYTHON = { from: [3, 10], below: [3, 13] };

/**
 * Checks all of it.
 * @param {{server: boolean}} options whether VS Code's server and its browser are wanted
 * @returns {{python: string}} the Python that the environments are made with
 * @throws {Missing} naming all that is missing
 */
export function checkPrerequisites({ server }) {
  const python = findPython();
  const missing = [...node(), ...rust(), ...compiler(), ...(server ? missingOfSystem() : [])];
  if (!python) {
    missing.push({
      what: "Python 3.10, 3.11 or 3.12 with venv and pip",
      how: "Install it (Debian and Ubuntu: `apt-get install python3 python3-venv`), or name one in $PYTHON.",
    });
  }
  if (missing.length > 0) {
    throw new Missing(missing);
  }
  return { python };
}

function node() {
  return atLeast(process.versions.node, NODE)
    ? []
    : [{ what: `Node ${NODE[0]} or newer (this is ${process.version})`, how: "See https://nodejs.org/en/download." }];
}

function rust() {
  const version = ask("cargo", ["--version"])?.match(/\d+\.\d+(\.\d+)?/)?.[0];
  if (!version || !atLeast(version, CARGO)) {
    const found = version ? `this is ${version}` : "`cargo` is not on PATH";
    return [{ what: `Rust ${CARGO.join(".")} or newer (${found})`, how: "See https://rustup.rs." }];
  }
  return ["clippy", "fmt"]
    .filter((tool) => ask("cargo", [tool, "--version"]) === undefined)
    .map((tool) => ({
      what: `\`cargo ${tool}\``,
      how: `Run \`rustup component add ${tool === "fmt" ? "rustfmt" : tool}\`.`,
    }));
}

// SQLite and the native modules of VS Code's server are compiled here.
function compiler() {
  if (process.platform === "win32") {
    return [];
  }
  const how =
    process.platform === "darwin"
      ? "Run `xcode-select --install`."
      : "Debian and Ubuntu: `apt-get install build-essential`.";
  return [
    ["cc", "a C compiler (`cc`)"],
    ["c++", "a C++ compiler (`c++`)"],
    ["make", "`make`"],
  ]
    .filter(([command]) => ask(command, ["--version"]) === undefined)
    .map(([, what]) => ({ what, how }));
}

function findPython() {
  const names = process.env.PYTHON
    ? [process.env.PYTHON]
    : ["python3", "python3.12", "python3.11", "python3.10", "python"];
  return names.find((name) => {
    const answer = ask(name, ["-c", "import sys, venv, ensurepip; print('%d.%d' % sys.version_info[:2])"]);
    return answer && atLeast(answer, PYTHON.from) && !atLeast(answer, PYTHON.below);
  });
}

function atLeast(version, wanted) {
  const [major, minor] = version.split(".").map(Number);
  return major > wanted[0] || (major === wanted[0] && minor >= wanted[1]);
}
