// How a step of set-up runs commands, tells what it does, and stops when something is missing.

import { spawn, spawnSync } from "node:child_process";
import { atExit } from "../vscode/harness/cleanup.mjs";

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

/** A command ended badly; the message holds the end of its output. */
export class CommandFailed extends Error {}

/** Shows why a script ends: in words when its cause is known, else with the place in the code. */
export function tell(error) {
  console.error(error instanceof Missing || error instanceof CommandFailed ? error.message : error);
}

/** Says what is being installed and where, or that it is there. */
export function say(text) {
  console.log(`  ${text}`);
}

/**
 * Runs a command to its end, keeping its output for the case that it fails. It ends with this process at the latest.
 * @param {string} command
 * @param {string[]} args
 * @param {{cwd?: string, env?: NodeJS.ProcessEnv, shell?: boolean, what?: string}} [options] `what` names it in the error
 * @returns {Promise<string>} its standard output
 * @throws {CommandFailed}
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
    const forget = atExit(() => child.kill());
    child.once("error", (error) => {
      forget();
      reject(new CommandFailed(`${what ?? command} could not be started: ${error.message}`));
    });
    child.once("close", (code, signal) => {
      forget();
      if (code === 0) {
        resolve(stdout);
        return;
      }
      const ended = signal ? `was ended by ${signal}` : `failed with exit code ${code}`;
      const name = what ?? [command, ...args].join(" ");
      reject(new CommandFailed(`${name} ${ended}. The end of its output:\n${all.trimEnd()}`));
    });
  });
}

/** What a command prints, trimmed, or undefined when it is not there or fails. For questions, not for work. */
export function ask(command, args) {
  const { status, stdout } = spawnSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  return status === 0 ? stdout.trim() : undefined;
}
