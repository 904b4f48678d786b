// Where set-up keeps what it installs: outside the checkout, so that clones share it and `git clean` leaves it alone.

import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { atExit } from "../vscode/harness/cleanup.mjs";

const STAMP = ".complete";

/** The cache directory: `$FLYTE_VSCODE_CACHE`, or a folder of our own where this system keeps caches. */
export function cacheDirectory() {
  const chosen = process.env.FLYTE_VSCODE_CACHE;
  if (chosen) {
    return path.resolve(chosen);
  }
  const home = os.homedir();
  switch (process.platform) {
    case "darwin":
      return path.join(home, "Library/Caches/flyte-vscode");
    case "win32":
      return path.join(process.env.LOCALAPPDATA ?? path.join(home, "AppData/Local"), "flyte-vscode");
    default:
      return path.join(process.env.XDG_CACHE_HOME || path.join(home, ".cache"), "flyte-vscode");
  }
}

/** Folder of the cache that `name` is installed to. The name carries the version, so that a new pin is a new folder. */
export function cached(name) {
  return path.join(cacheDirectory(), name);
}

/** Whether `name` was installed to its end. */
export function isInstalled(name) {
  return existsSync(path.join(cached(name), STAMP));
}

/**
 * Installs `name` unless it is there. The stamp is written last: what was interrupted is removed and done again.
 * @param {string} name folder in the cache
 * @param {(folder: string) => Promise<void>} install fills the folder, which exists and is empty
 * @returns {Promise<boolean>} whether it had to be installed
 */
export async function installOnce(name, install) {
  if (isInstalled(name)) {
    return false;
  }
  const folder = cached(name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await install(folder);
  writeFileSync(path.join(folder, STAMP), `${new Date().toISOString()}\n`);
  return true;
}

/**
 * Runs `work` while no other set-up of this cache runs; waits for the other one to end first. A lock whose process is
 * gone is taken over.
 * @template T
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(work) {
  mkdirSync(cacheDirectory(), { recursive: true });
  const lock = path.join(cacheDirectory(), "lock");
  let told = false;
  while (!take(lock)) {
    const owner = Number(readIfThere(lock));
    if (owner && !isAlive(owner)) {
      rmSync(lock, { force: true });
      continue;
    }
    if (!told) {
      const process = owner ? `process ${owner}` : "a process that did not say its number";
      console.log(`Waiting for another set-up (${process}) to finish. If none runs any more, remove ${lock}`);
      told = true;
    }
    await sleep(500);
  }
  const release = atExit(() => rmSync(lock, { force: true }));
  try {
    return await work();
  } finally {
    release();
  }
}

function take(lock) {
  let file;
  try {
    file = openSync(lock, "wx");
  } catch (error) {
    if (error.code === "EEXIST") {
      return false;
    }
    throw error;
  }
  writeSync(file, String(process.pid));
  closeSync(file);
  return true;
}

function readIfThere(file) {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (error.code === "ENOENT") {
      return "";
    }
    throw error;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}
