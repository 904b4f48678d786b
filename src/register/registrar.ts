import path from "node:path";
import * as vscode from "vscode";
import { explain, isCancelled, sentence } from "../flyte/advice";
import type { Target } from "../flyte/connection";
import { scopeWords } from "../flyte/words";
import { Diagnostics } from "./diagnostics";
import { findInterpreter, type Interpreter } from "./interpreter";
import { nextSteps } from "./next-steps";
import { notify, showLine, stepButton } from "./notify";
import { outcomeOf, type Registration } from "./outcome";
import { problemOf, problemsOf } from "./problems";
import { chosenInterpreter } from "./python-extension";
import { type RegistrationListener, type RegistrationRequest, registerFile } from "./registration";
import { logLines, reportText } from "./report";
import type { Reports } from "./reports";
import { SerializeFailure } from "./serialize-failure";
import type { SourceFile } from "./source-file";

/** Registers files, one at a time each, and shows how it goes and went. */
export class Registrar implements vscode.Disposable {
  readonly #diagnostics = new Diagnostics();
  /** By file. */
  readonly #running = new Map<string, AbortController>();

  constructor(
    private readonly reports: Reports,
    private readonly log: vscode.LogOutputChannel,
    /** Folder of the serialiser. */
    private readonly serializer: string,
    private readonly onDidRegister: (target: Target) => void,
  ) {}

  /** Registers a file and tells how it went. Rejects only when something unexpected happens. */
  async register(source: SourceFile, target: Target): Promise<void> {
    const file = source.uri.fsPath;
    if (this.#running.has(file)) {
      throw new Error(vscode.l10n.t("{0} is being registered already.", path.basename(file)));
    }
    const controller = new AbortController();
    this.#running.set(file, controller);
    try {
      await this.#diagnostics.show(file, []);
      const registration = await this.#work(source, target, controller);
      await this.#tell(registration);
      this.onDidRegister(target);
    } catch (error) {
      await this.#tellFailure(error, file, controller.signal);
    } finally {
      this.#running.delete(file);
    }
  }

  dispose(): void {
    for (const controller of this.#running.values()) {
      controller.abort();
    }
    this.#diagnostics.dispose();
  }

  async #work({ uri, folder }: SourceFile, target: Target, controller: AbortController): Promise<Registration> {
    const { connection, scope } = target;
    const file = uri.fsPath;
    const base = path.basename(file);
    const where = scopeWords(scope);
    const title = vscode.l10n.t("Flyte: registering {0} in {1}", base, where);
    const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
    return vscode.window.withProgress(options, async (progress, token) => {
      token.onCancellationRequested(() => controller.abort());
      this.log.info(`Registering ${file} in ${where} on ${connection.name}`);
      let reached = 0;
      const listener: RegistrationListener = {
        progress: ({ message, percent }) => {
          progress.report({ message, increment: Math.max(percent - reached, 0) });
          reached = Math.max(percent, reached);
        },
        log: (line) => this.log.info(`${base}: ${line}`),
      };
      const configuration = vscode.workspace.getConfiguration("flyte", uri);
      const request: RegistrationRequest = {
        file,
        cwd: folder ?? path.dirname(file),
        client: await connection.client(),
        connection: connection.name,
        scope,
        interpreter: () => this.#interpreterFor(uri, folder, configuration),
        serializer: this.serializer,
        timeoutMs: timeoutOf(configuration),
      };
      return registerFile(request, listener, controller.signal, vscode.l10n);
    });
  }

  async #tell(registration: Registration): Promise<void> {
    const { file, manifest, report } = registration;
    for (const line of logLines(registration, vscode.l10n)) {
      this.log.info(line);
    }
    const title = vscode.l10n.t("Registration of {0}", path.basename(file));
    const uri = this.reports.add(title, reportText(registration, new Date(), vscode.l10n));
    const problems = problemsOf(report, manifest, file, vscode.l10n);
    await this.#diagnostics.show(file, problems);
    const [first] = problems;
    notify(
      outcomeOf(registration, vscode.l10n),
      [
        ...(first ? [{ title: vscode.l10n.t("Show Line"), run: () => showLine(first) }] : []),
        { title: vscode.l10n.t("Show Report"), run: () => this.reports.open(uri) },
      ],
      this.log,
    );
  }

  async #tellFailure(error: unknown, file: string, signal: AbortSignal): Promise<void> {
    if (signal.aborted || isCancelled(error)) {
      const message = vscode.l10n.t("Registering {0} was cancelled: nothing was registered.", path.basename(file));
      this.log.info(message);
      vscode.window.setStatusBarMessage(message, 5000);
      return;
    }
    const explanation = explain(error, vscode.l10n);
    this.log.error(`${file}: ${sentence(explanation)}\n${explanation.details}`);
    const failure = error instanceof SerializeFailure ? error : undefined;
    if (failure?.details.traceback) {
      this.log.error(failure.details.traceback);
    }
    const problem = failure && problemOf(failure);
    await this.#diagnostics.show(file, problem ? [problem] : []);
    const buttons = nextSteps(error).map((step) => stepButton(step, problem));
    notify({ severity: "error", message: sentence(explanation) }, buttons, this.log);
  }

  #interpreterFor(
    file: vscode.Uri,
    folder: string | undefined,
    configuration: vscode.WorkspaceConfiguration,
  ): Promise<Interpreter> {
    // An extension that does not start, or has another API, is no reason not to look further.
    const pythonExtension = (): Promise<string | undefined> =>
      chosenInterpreter(file).catch((error) => {
        this.log.warn(`The Python extension names no interpreter: ${error}`);
        return undefined;
      });
    return findInterpreter(
      {
        pythonExtension,
        setting: String(configuration.get("python.interpreter", "")).trim(),
        folder,
        env: process.env,
        platform: process.platform,
      },
      vscode.l10n,
    );
  }
}

/** The setting in milliseconds, within its limits: VS Code hands on whatever the file says. */
function timeoutOf(configuration: vscode.WorkspaceConfiguration): number {
  const seconds = Number(configuration.get("register.timeout"));
  return Math.min(Math.max(Number.isFinite(seconds) ? seconds : 300, 10), 86_400) * 1000;
}
