// A Flyte of their own for the tests that register and inspect, with what the extension says to the person.

import { execFile } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import * as vscode from "vscode";
import type { ConnectionList } from "../../../src/connection/connection-list";
import type { FlyteExtension } from "../../../src/extension";
import type { FlyteClient } from "../../../src/flyte/client";
import type { EntityKind, ExecutionRow, Scope } from "../../../src/flyte/types";
import { serveLocal } from "../../fixtures/local-server.mjs";
import { configure, eventually, flyte, TreeWalk } from "./explorer-walk";

export const SCOPE: Scope = { project: "flytesnacks", domain: "development" };
export const CONNECTION = "test";

/** Of the environment that the harness gives. */
export function environment(name: "ROOT" | "WORKSPACE" | "PYTHON" | "PYTHON_NO_GRPCIO"): string {
  const value = process.env[`FLYTE_TEST_${name}`];
  if (!value) {
    throw new Error(`FLYTE_TEST_${name} is not set.`);
  }
  return value;
}

/** A message that the extension showed. */
export interface Message {
  readonly severity: "information" | "warning" | "error";
  readonly text: string;
  readonly buttons: readonly string[];
  /** Presses a button. */
  press(button: string): void;
}

/** A server, the extension connected to it, and a workspace. */
export class Setting {
  readonly workspace = environment("WORKSPACE");
  readonly messages: Message[] = [];
  readonly walk: TreeWalk;
  readonly #restore: () => void;

  private constructor(
    readonly extension: FlyteExtension,
    readonly server: Awaited<ReturnType<typeof serveLocal>>,
    readonly data: string,
  ) {
    this.walk = new TreeWalk(extension.tree);
    this.#restore = listen(this.messages);
  }

  /** Starts a server on an empty data directory and makes it the current connection. */
  static async start(): Promise<Setting> {
    const extension = await flyte();
    const data = path.join(mkdtempSync(path.join(os.tmpdir(), "flyte-host-")), "data");
    const setting = new Setting(extension, await serveLocal(data), data);
    await setting.connect();
    await usePython(environment("PYTHON"));
    return setting;
  }

  /** Makes the server the current connection, beside those that are given. */
  async connect(...others: readonly { name: string; endpoint: string; insecure: boolean }[]): Promise<void> {
    await configure([{ name: CONNECTION, endpoint: this.server.endpoint, insecure: true }, ...others]);
    await this.select(CONNECTION, SCOPE);
  }

  async stop(): Promise<void> {
    this.#restore();
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
    await usePython(undefined);
    await configure(undefined);
    await this.server.kill();
    rmSync(path.dirname(this.data), { recursive: true, force: true });
  }

  /** Makes a connection of the settings the current one. */
  async select(name: string, scope: Scope): Promise<void> {
    const connections = this.extension.connections as ConnectionList;
    const connection = connections.get(`settings:${name}`);
    if (connection === undefined) {
      throw new Error(`There is no connection ${name}.`);
    }
    await connections.select(connection, scope);
  }

  async client(): Promise<FlyteClient> {
    const connection = this.extension.connections.get(`settings:${CONNECTION}`);
    if (connection === undefined) {
      throw new Error("The connection of the tests is gone.");
    }
    return connection.client();
  }

  /** Opens a file of the workspace, registers it as a person does, and gives what was said. */
  async register(file: string): Promise<Message[]> {
    await this.show(file);
    return this.hear(() => vscode.commands.executeCommand("flyte.register"));
  }

  async show(file: string): Promise<vscode.TextEditor> {
    return vscode.window.showTextDocument(vscode.Uri.file(path.join(this.workspace, file)), { preview: false });
  }

  /** What was said while something was done. */
  async hear(work: () => Thenable<unknown>): Promise<Message[]> {
    const before = this.messages.length;
    await work();
    return this.messages.slice(before);
  }

  /** Puts a file of test/fixtures/bad into the workspace, in a folder of its own; gives its path in there. */
  bad(file: string): string {
    const folder = path.join("bad", path.basename(file, ".py"));
    mkdirSync(path.join(this.workspace, folder), { recursive: true });
    const source = path.join(environment("ROOT"), "test/fixtures/bad", file);
    copyFileSync(source, path.join(this.workspace, folder, file));
    return path.join(folder, file);
  }

  /** Every entity that the server has, and every file in its store. */
  async contents(): Promise<string[]> {
    const client = await this.client();
    const kinds: EntityKind[] = ["task", "workflow", "launchPlan"];
    const pages = await Promise.all(kinds.map((kind) => client.listEntities(kind, SCOPE, { limit: 500 })));
    const entities = pages.flatMap(({ rows }, index) => rows.map(({ name }) => `${kinds[index]} ${name}`));
    const files = readdirSync(this.data, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".gz"));
    return [...entities, ...files].sort();
  }

  /** Launches a registered workflow and runs it on this machine; gives the name of its execution. */
  async execute(workflow: string, inputs: object = {}, options: readonly string[] = []): Promise<string> {
    const client = await this.client();
    const name = { ...SCOPE, kind: "workflow", name: workflow } as const;
    const [newest] = (await client.listVersions(name, { limit: 1 })).rows;
    const { stdout } = await promisify(execFile)(environment("PYTHON"), [
      path.join(environment("ROOT"), "test/fixtures/executor/execute.py"),
      ...["--endpoint", this.server.endpoint, "--project", SCOPE.project, "--domain", SCOPE.domain],
      ...["--workspace", this.workspace, "--workflow", workflow],
      // As one argument: a version may begin with a dash.
      `--version=${newest?.version ?? ""}`,
      ...["--inputs", JSON.stringify(inputs), ...options],
    ]);
    return JSON.parse(stdout).execution;
  }

  /** The newest execution, once there is one in this phase. */
  async execution(phase: ExecutionRow["phase"]): Promise<ExecutionRow> {
    const client = await this.client();
    let found: ExecutionRow | undefined;
    await eventually(`an execution is ${phase}`, async () => {
      const { rows } = await client.listExecutions(SCOPE, {}, { limit: 1 });
      found = rows[0];
      return found?.phase === phase;
    });
    return found as ExecutionRow;
  }
}

/** Sets the interpreter to register with, in the user's settings. */
export async function usePython(file: string | undefined): Promise<void> {
  const flyte = vscode.workspace.getConfiguration("flyte");
  await flyte.update("python.interpreter", file, vscode.ConfigurationTarget.Global);
}

/** Notes each message on its way to the person. */
function listen(messages: Message[]): () => void {
  const shown = {
    information: "showInformationMessage",
    warning: "showWarningMessage",
    error: "showErrorMessage",
  } as const;
  const window = vscode.window as unknown as Record<string, (...args: unknown[]) => Thenable<unknown>>;
  const originals = Object.entries(shown).map(([severity, method]) => {
    const original = window[method];
    window[method] = (text: unknown, ...rest: unknown[]) => {
      const pressed = new Promise((press) => {
        const buttons = rest.filter((button) => typeof button === "string");
        messages.push({ severity: severity as Message["severity"], text: String(text), buttons, press });
      });
      return Promise.race([pressed, original?.(text, ...rest)]);
    };
    return () => {
      window[method] = original as () => Thenable<unknown>;
    };
  });
  return () => {
    for (const restore of originals) {
      restore();
    }
  };
}
