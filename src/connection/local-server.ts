import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import type { LocalState } from "../flyte/connection";
import { type Disposable, Emitter } from "../flyte/event";
import type { L10n } from "../l10n";
import { isAlive, parseServerLine, readServerFile, type ServerAddress } from "./server-address";

/** `flyte-local` ends with it when another one holds the data directory. */
const EXIT_LOCKED = 3;
const START_TIMEOUT = 20_000;
const STOP_TIMEOUT = 3_000;
/** A server that is just starting has locked the directory, but not said yet where it listens. */
const ATTACH_INTERVAL = 200;
const ATTACH_TIMEOUT = 10_000;

export interface LocalServerOptions {
  /** Path of the program `flyte-local`. */
  readonly program: string;
  /** The data directory. */
  readonly data: string;
  readonly l10n: L10n;
  /** Takes a line of the server's log. */
  log(line: string): void;
}

/** A child of ours, or a server that another window started for the same data. */
type Running = ServerAddress & { readonly child?: ChildProcess };

/** The embedded Flyte as a process: started when it is needed, shared between windows, ended with this one. */
export class LocalServer implements Disposable {
  readonly #options: LocalServerOptions;
  readonly #changes = new Emitter();
  #running: Running | undefined;
  #starting: Promise<Running> | undefined;
  #disposed = false;

  /** It started, stopped or died. */
  readonly onDidChange = this.#changes.event;

  constructor(options: LocalServerOptions) {
    this.#options = options;
  }

  get state(): Exclude<LocalState, "stopped"> {
    if (this.#starting) {
      return "starting";
    }
    return this.#alive() ? "running" : "idle";
  }

  /** `host:port` where it listens, undefined while it does not. */
  get endpoint(): string | undefined {
    return this.#alive()?.endpoint;
  }

  /** Whether it belongs to another window, which alone can stop it. */
  get isForeign(): boolean {
    const running = this.#alive();
    return running !== undefined && running.child === undefined;
  }

  /**
   * Starts it unless it runs; also after it died.
   * @returns `host:port`
   * @throws {Error} in words for a person, with the end of its log
   */
  async start(): Promise<string> {
    if (this.#disposed) {
      throw new Error(this.#options.l10n.t("The extension is being shut down."));
    }
    const running = this.#alive();
    if (running) {
      return running.endpoint;
    }
    this.#starting ??= this.#launch().finally(() => {
      this.#starting = undefined;
      this.#changes.fire();
    });
    this.#changes.fire();
    return (await this.#starting).endpoint;
  }

  /** Ends it in order, by force when that takes too long. A server of another window is only let go of. */
  async stop(): Promise<void> {
    await this.#starting?.catch(() => undefined);
    const child = this.#alive()?.child;
    this.#running = undefined;
    if (child) {
      await end(child);
    }
    this.#changes.fire();
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    this.#changes.dispose();
    await this.stop();
  }

  #alive(): Running | undefined {
    if (this.#running && !isRunning(this.#running)) {
      this.#running = undefined;
    }
    return this.#running;
  }

  async #launch(): Promise<Running> {
    const { l10n, data } = this.#options;
    const until = Date.now() + ATTACH_TIMEOUT;
    while (Date.now() < until) {
      const running: Running | undefined = (await this.#spawn()) ?? readServerFile(data);
      if (running && isRunning(running)) {
        this.#running = running;
        return running;
      }
      await sleep(ATTACH_INTERVAL);
    }
    throw new Error(
      l10n.t("Another flyte-local uses {0}, but does not say where it listens. End that process, then retry.", data),
    );
  }

  /** Starts the program; undefined when another one holds the data directory. */
  async #spawn(): Promise<Running | undefined> {
    const { program, data, l10n } = this.#options;
    const child = spawn(program, ["serve", "--data", data, "--port", "0", "--exit-with-stdin"], {
      stdio: ["pipe", "pipe", "pipe"],
      windowsHide: true,
    });
    // Writing to a child that is gone is no matter: its exit says so.
    child.stdin.on("error", () => undefined);
    const tail: string[] = [];
    createInterface(child.stderr).on("line", (line) => {
      tail.push(line);
      tail.splice(0, tail.length - 5);
      this.#options.log(line);
    });
    const timeout = new AbortController();
    const started = Promise.race([
      firstLine(child),
      sleep(START_TIMEOUT, undefined, { signal: timeout.signal, ref: false }).then(() => {
        child.kill("SIGKILL");
        throw new Error(l10n.t("flyte-local did not start within {0} s.", START_TIMEOUT / 1000));
      }),
    ]);
    try {
      const line = await started;
      if (typeof line === "string") {
        const address = parseServerLine(line);
        if (!address) {
          child.kill("SIGKILL");
          throw new Error(l10n.t("flyte-local does not say where it listens, but: {0}", line));
        }
        return this.#watch(child, address);
      }
      if (line.code === EXIT_LOCKED) {
        return undefined;
      }
      const how = line.signal ?? l10n.t("exit code {0}", String(line.code));
      throw new Error(l10n.t("flyte-local could not start ({0}). {1}", how, tail.join(" ")).trim());
    } catch (error) {
      if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "EACCES")) {
        throw new Error(
          l10n.t("The embedded Flyte cannot be run: {0} ({1}). Reinstall the extension.", program, error.code),
        );
      }
      throw error;
    } finally {
      timeout.abort();
    }
  }

  #watch(child: ChildProcess, address: ServerAddress): Running {
    const running = { ...address, child };
    child.once("exit", (code, signal) => {
      if (this.#running === running) {
        this.#running = undefined;
        this.#options.log(this.#options.l10n.t("flyte-local ended ({0}).", signal ?? String(code)));
        this.#changes.fire();
      }
    });
    return running;
  }
}

/** What a child prints first, or how it ended before it did; rejects when it cannot be started. */
function firstLine(child: ChildProcess): Promise<string | { code: number | null; signal: string | null }> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    // `close` and not `exit`: its log is complete only then.
    child.once("close", (code, signal) => resolve({ code, signal }));
    if (child.stdout) {
      createInterface(child.stdout).once("line", resolve);
    }
  });
}

function isRunning({ child, pid }: Running): boolean {
  return child ? child.exitCode === null && child.signalCode === null : isAlive(pid);
}

async function end(child: ChildProcess): Promise<void> {
  const exited = new Promise((resolve) => child.once("exit", resolve));
  child.stdin?.end();
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT);
  await exited;
  clearTimeout(timer);
}
