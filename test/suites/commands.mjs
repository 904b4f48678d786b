// Runs the commands of a test run, showing their output as it comes.

import { spawn } from "node:child_process";
import { root } from "../setup/setup.mjs";
import { killGroupAtExit } from "../vscode/harness/cleanup.mjs";

/**
 * Runs a command in the repository, showing what it prints.
 * @param {string} command
 * @param {string[]} args
 * @param {{env?: Record<string, string>, timeout?: number}} [options] `timeout` in milliseconds
 * @returns {Promise<{code: number, output: string}>} code 1 also when it could not be started or took too long; `output`
 *   is both streams
 */
export function show(command, args, { env = {}, timeout = 1_800_000 } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: root,
      env: { ...process.env, ...env },
      // What it starts has to end with it too, or the streams would stay open after the time is up.
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    for (const [from, to] of [
      [child.stdout, process.stdout],
      [child.stderr, process.stderr],
    ]) {
      from.on("data", (chunk) => {
        output += chunk;
        to.write(chunk);
      });
    }
    const end = (code, complaint) => {
      clearTimeout(timer);
      if (complaint) {
        console.error(complaint);
      }
      stop();
      resolve({ code, output });
    };
    const stop = killGroupAtExit(child, "SIGTERM");
    const timer = setTimeout(() => {
      console.error(`${command} did not end within ${timeout / 60_000} minutes; it is stopped.`);
      stop();
    }, timeout);
    child.once("error", (error) => end(1, `${command} could not be started: ${error.message}`));
    child.once("close", (code, signal) => end(code ?? 1, signal ? `${command} was ended by ${signal}.` : undefined));
  });
}
