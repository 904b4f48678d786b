// VS Code's server, started for one test run with data folders of its own.

import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { tools } from "../../setup/setup.mjs";
import { run } from "../../setup/step.mjs";
import { killGroupAtExit, temporaryFolder } from "./cleanup.mjs";
import { userSettings } from "./settings.mjs";

const START_TIMEOUT = 60_000;

/**
 * @typedef {object} Server
 * @property {string} origin `http://127.0.0.1:port`
 * @property {string} authority its part of `vscode-remote://` addresses
 * @property {string} token without which it answers nobody: other users of this machine reach the port too
 * @property {string} folder holds all that VS Code writes
 * @property {string} home HOME of the extension host, an empty temporary folder below it
 * @property {() => string} log the end of what it printed
 * @property {Promise<never>} failed rejects when the server, or an extension host, ends by itself
 * @property {() => Promise<void>} stop ends it with all that it started, and removes its folders
 */

/**
 * Starts it on a free port.
 * @param {{development?: boolean, vsixes?: string[], settings?: Record<string, unknown>, env?: Record<string, string>}} [options]
 *   `development` is for an extension that is not packaged; `vsixes` are installed first; `settings` are user settings; `env` reaches the extension host
 * @returns {Promise<Server>}
 */
export async function startServer({ development = false, vsixes = [], settings = {}, env = {} } = {}) {
  const { node24, vscodeServer } = tools();
  const { folder, remove } = temporaryFolder("flyte-vscode", ["home", "server", "tmp", "user/User", "user/Machine"]);
  const text = JSON.stringify({ ...userSettings, ...settings }, null, 2);
  // To a browser the server is a remote machine, whose own settings are where those of machine scope are looked for.
  for (const level of ["User", "Machine"]) {
    writeFileSync(path.join(folder, "user", level, "settings.json"), text);
  }
  const home = path.join(folder, "home");
  const token = randomUUID();
  // In a file, because everybody sees the arguments of a process.
  const tokenFile = path.join(folder, "token");
  writeFileSync(tokenFile, token, { mode: 0o600 });
  const options = { env: environment(folder, env), cwd: folder };
  const data = [
    vscodeServer,
    "--accept-server-license-terms",
    "--server-data-dir",
    path.join(folder, "server"),
    "--user-data-dir",
    path.join(folder, "user"),
  ];
  for (const vsix of vsixes) {
    await run(node24, [...data, "--install-extension", vsix, "--force"], { ...options, what: `Installing ${vsix}` });
  }
  const flags = [
    "--connection-token-file",
    tokenFile,
    "--host",
    "127.0.0.1",
    "--port",
    "0",
    "--telemetry-level",
    "off",
  ];
  if (development) {
    // Without it a built workbench ignores an extension under development, silently. With it there are no toasts.
    flags.push("--enable-smoke-test-driver");
  }
  const child = spawn(node24, [...data, ...flags], {
    ...options,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const kill = killGroupAtExit(child);
  const watched = watch(child);
  const port = await watched.port.catch((error) => {
    kill();
    remove();
    throw error;
  });
  const authority = `127.0.0.1:${port}`;
  return {
    origin: `http://${authority}`,
    authority,
    token,
    folder,
    home,
    log: watched.log,
    failed: watched.failed,
    stop: async () => {
      const ended = child.exitCode === null && new Promise((resolve) => child.once("exit", resolve));
      watched.forget();
      kill();
      await ended;
      remove();
    },
  };
}

function watch(child) {
  let log = "";
  let stopping = false;
  const failure = deferred();
  // Whoever does not wait for it must not be told of an unhandled rejection.
  failure.promise.catch(() => {});
  const fail = (what) => stopping || failure.reject(new Error(`${what}. The end of its log:\n${log.slice(-4000)}`));
  const started = new Promise((resolve) => {
    const read = (chunk) => {
      log = (log + chunk).slice(-200_000);
      const port = /Extension host agent listening on (\d+)/.exec(log)?.[1];
      if (port) {
        resolve(Number(port));
      }
      const died = /Extension Host Process exited with (?!code: 0,).*/.exec(String(chunk))?.[0];
      if (died) {
        fail(died.trimEnd());
      }
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
  });
  child.once("error", (error) => fail(`VS Code's server could not be started: ${error.message}`));
  child.once("exit", (code, signal) => fail(`VS Code's server ended (${signal ?? `exit code ${code}`})`));
  const timer = setTimeout(
    () => fail(`VS Code's server did not start within ${START_TIMEOUT / 1000} s`),
    START_TIMEOUT,
  );
  return {
    port: Promise.race([started, failure.promise]).finally(() => clearTimeout(timer)),
    failed: failure.promise,
    log: () => log,
    forget: () => {
      stopping = true;
    },
  };
}

function deferred() {
  const made = {};
  made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }));
  return made;
}

// A home of its own, so that neither the user's ~/.flyte nor a shell profile plays a part; nothing of an outer VS Code or npm.
function environment(folder, extra) {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(npm_|VSCODE_|ELECTRON_|XDG_|FLYTE)/i.test(name));
  return {
    ...Object.fromEntries(inherited),
    HOME: path.join(folder, "home"),
    // Its sockets stay behind otherwise. On macOS the path would be too long for a socket.
    ...(process.platform === "linux" ? { TMPDIR: path.join(folder, "tmp") } : {}),
    // As when started from a terminal: the environment stays as it is, instead of being asked from a login shell.
    VSCODE_CLI: "1",
    // No marketplace, instead of one that may not be reachable.
    EXTENSIONS_GALLERY: JSON.stringify({ serviceUrl: "" }),
    ...extra,
  };
}
