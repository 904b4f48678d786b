// How a step of set-up runs commands, tells what it does, and stops when something is missing.

import { spawn, spawnSync } from "node:child_process";

/** Set-up cannot go on: what is missing, each with the way to get it. */
export class Missing extends Error {
  /** @param {{what: string, how: string}[]} things */
  constructor(things) {
    super(
      ["Set-up cannot go on. What is missing:", ...things.map(({ what, how }) => `  - ${what}\n      ${how}`)].join(
        "\n",
      ),
    );
    this.name = "Missing";
  }
}

/** Says what is being installed and where, or that it is there. */
export function say(text) {
  console.log(`  ${text}`);
}

/**
 * Runs a command to its end, keeping its output for the case that it fails.
 * @param {string} command
 * @param {string[]} args
 * @param {{cwd?: string, env?: NodeJS.ProcessEnv, shell?: boolean, what?: string}} [options] `what` names it in the error
 * @returns {Promise<string>} its standard output
 */
export function run(command, args, { cwd, env, shell = false, what } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env: env ?? process.env, shell, stdio: ["ignore", "pipe", "pipe"] });
    let stdout = "";
    let all = "";
    child.stdout.on("data", (chunk) => {
      stdout += chunk;
      all = (all + chunk).slice(-8000);
    });
    child.stderr.on("data", (chunk) => {
      all = (all + chunk).slice(-8000);
    });
    child.once("error", (error) => reject(new Error(`${what ?? command} could not be started: ${error.message}`)));
    child.once("close", (code, signal) => {
      if (code === 0) {
        resolve(stdout);
        return;
      }
      const ended = signal ? `was ended by ${signal}` : `failed with exit code ${code}`;
      reject(new Error(`${what ?? [command, ...args].join(" ")} ${ended}. The end of its output:\n${all.trimEnd()}`));
    });
  });
}

/** What a command prints, trimmed, or undefined when it is not there or fails. For questions, not for work. */
export function ask(command, args) {
  const { status, stdout } = spawnSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  return status === 0 ? stdout.trim() : undefined;
}
