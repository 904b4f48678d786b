// What a test run leaves behind on this machine: nothing. Processes and temporary folders are noted here when they come
// into being, and end with this process at the latest, however it ends.

import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";

/** @type {Set<() => void>} */
const pending = new Set();
let watching = false;

/**
 * Has `undo` called when this process ends, also by a signal.
 * @param {() => void} undo synchronous, and harmless when called twice
 * @returns {() => void} calls it now
 */
export function atExit(undo) {
  watch();
  pending.add(undo);
  return () => {
    pending.delete(undo);
    undo();
  };
}

/**
 * Makes a temporary folder with the given folders in it.
 * @param {string} name how its name begins
 * @param {string[]} folders
 * @returns {{folder: string, remove: () => void}}
 */
export function temporaryFolder(name, folders = []) {
  const folder = mkdtempSync(path.join(os.tmpdir(), `${name}-`));
  for (const inner of folders) {
    mkdirSync(path.join(folder, inner), { recursive: true });
  }
  // A process that was killed a moment ago may still be writing: hence the retries.
  const remove = atExit(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }));
  return { folder, remove };
}

/**
 * Ends a process that leads its group (spawned `detached`), with all that it started.
 * @param {import("node:child_process").ChildProcess} child
 * @param {NodeJS.Signals} [signal] SIGTERM when it has something to clean up itself
 * @returns {() => void}
 */
export function killGroupAtExit(child, signal = "SIGKILL") {
  return atExit(() => {
    // It could not be started.
    if (child.pid === undefined) {
      return;
    }
    try {
      process.kill(-child.pid, signal);
    } catch (error) {
      if (error.code !== "ESRCH") {
        throw error;
      }
    }
  });
}

function watch() {
  if (watching) {
    return;
  }
  watching = true;
  process.on("exit", () => {
    // Last come, first gone: a folder outlives the processes that write to it.
    for (const undo of [...pending].reverse()) {
      undo();
    }
  });
  for (const [signal, number] of Object.entries({ SIGHUP: 1, SIGINT: 2, SIGTERM: 15 })) {
    process.on(signal, () => process.exit(128 + number));
  }
}
