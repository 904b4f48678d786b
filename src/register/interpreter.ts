import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import type { L10n } from "../l10n";
import { SerializeFailure } from "./serialize-failure";

/** A Python and where it was found. */
export interface Interpreter {
  readonly command: string;
  /** What comes before all other arguments: the version for Windows's launcher. */
  readonly args: readonly string[];
  readonly source: "pythonExtension" | "setting" | "workspace" | "path";
}

/** Where a Python may be found. */
export interface Surroundings {
  /** The interpreter that the Python extension has for the file; undefined when that extension is not there. */
  readonly pythonExtension: () => Promise<string | undefined>;
  /** The setting `flyte.python.interpreter`; empty when it is not set. */
  readonly setting: string;
  /** The workspace folder that the file is in, if any. */
  readonly folder: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly platform: NodeJS.Platform;
}

const ENVIRONMENTS = [".venv", "venv"];

/**
 * The Python to serialise with: the one that the Python extension has chosen, else the setting, else an environment in
 * the workspace folder, else the first on PATH.
 *
 * @throws {SerializeFailure} `noPython` when there is none, or the setting names none
 */
export async function findInterpreter(surroundings: Surroundings, l10n: L10n): Promise<Interpreter> {
  const { pythonExtension, setting, folder, env, platform } = surroundings;
  const chosen = await pythonExtension();
  if (chosen !== undefined && (await isProgram(chosen))) {
    return { command: chosen, args: [], source: "pythonExtension" };
  }
  if (setting !== "") {
    const command = absolute(setting, folder);
    if (await isProgram(command)) {
      return { command, args: [], source: "setting" };
    }
    throw new SerializeFailure(
      "noPython",
      l10n.t("The setting flyte.python.interpreter names {0}, which is no program. Choose an interpreter.", command),
    );
  }
  for (const environment of folder === undefined ? [] : ENVIRONMENTS) {
    const inside = platform === "win32" ? ["Scripts", "python.exe"] : ["bin", "python"];
    const command = path.join(folder ?? "", environment, ...inside);
    if (await isProgram(command)) {
      return { command, args: [], source: "workspace" };
    }
  }
  const onPath = await findOnPath(env, platform);
  if (onPath === undefined) {
    throw new SerializeFailure(
      "noPython",
      l10n.t("There is no Python to register with. Install Python 3 with flytekit, or choose an interpreter."),
    );
  }
  return { ...onPath, source: "path" };
}

async function findOnPath(
  env: NodeJS.ProcessEnv,
  platform: NodeJS.Platform,
): Promise<Omit<Interpreter, "source"> | undefined> {
  const isWindows = platform === "win32";
  const folders = (env.PATH ?? env.Path ?? "").split(isWindows ? ";" : ":").filter((folder) => path.isAbsolute(folder));
  // On Windows `python` may be the alias that only opens the shop.
  const programs = isWindows
    ? [
        { name: "py.exe", args: ["-3"] },
        { name: "python.exe", args: [] },
      ]
    : [
        { name: "python3", args: [] },
        { name: "python", args: [] },
      ];
  for (const { name, args } of programs) {
    for (const folder of folders) {
      const command = path.join(folder, name);
      if (await isProgram(command)) {
        return { command, args };
      }
    }
  }
  return undefined;
}

/** The setting as a path: with `~`, `${workspaceFolder}` and what is relative to the workspace folder filled in. */
function absolute(setting: string, folder: string | undefined): string {
  const home = setting.replace(/^~(?=$|[\\/])/, os.homedir());
  const filled = folder === undefined ? home : home.replace(/\$\{workspaceFolder\}/g, () => folder);
  return folder === undefined || path.isAbsolute(filled) ? filled : path.join(folder, filled);
}

async function isProgram(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}
