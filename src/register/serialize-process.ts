import { type ChildProcessByStdio, spawn } from "node:child_process";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import type { Scope } from "../flyte/types";
import type { L10n } from "../l10n";
import type { Interpreter } from "./interpreter";
import { type Manifest, readManifest } from "./manifest";
import { killTree, TREE_OPTIONS } from "./process-tree";
import { readFailure, SerializeFailure } from "./serialize-failure";

// The serialiser's word before what it has to say on its stdout; see `serialize/flyte_serialize/parent.py`.
const PREFIX = "@flyte ";
/** Milliseconds for the rest of the output after the process has ended: what it started may hold its streams. */
const REST = 500;

/** The code bundle, as the serialiser asks for its address. */
export interface BundleQuestion {
  readonly file: string;
  /** Base64. */
  readonly md5: string;
  readonly size: number;
}

/** The steps that the serialiser announces, and what it wants to know. */
export type SerializeStep = "flytekit" | "load" | "bundle" | "address" | "serialize" | "done";

/** What to serialise, and with what. */
export interface SerializeRequest {
  readonly interpreter: Interpreter;
  /** The folder of the serialiser. */
  readonly serializer: string;
  readonly file: string;
  readonly scope: Scope;
  /** Folder for the results and for what Python keeps for a while, outside of the sources. */
  readonly output: string;
  /** Where it runs. */
  readonly cwd: string;
}

/** Who hears of the work while it goes on. */
export interface SerializeListener {
  step(step: SerializeStep): void;
  /** A line that the user's code or flytekit printed. */
  output(line: string): void;
  /** Where the store will keep the bundle. What it rejects with ends the work, and is what the work rejects with. */
  address(bundle: BundleQuestion): Promise<string>;
}

/**
 * Runs the user's Python until the entities of a file lie serialised in `output`.
 *
 * @param limits `timeoutMs` is for the whole work; when `signal` is aborted the process and all that it started is ended
 *   at once
 * @throws {SerializeFailure} when it failed, the signal's reason when it was aborted, and whatever `address` rejects with
 */
export async function serialize(
  request: SerializeRequest,
  listener: SerializeListener,
  limits: { readonly signal: AbortSignal; readonly timeoutMs: number },
  l10n: L10n,
): Promise<Manifest> {
  // flytekit leaves a folder behind with every run.
  const temporary = path.join(request.output, "temporary");
  await mkdir(temporary, { recursive: true });
  limits.signal.throwIfAborted();
  const late = AbortSignal.timeout(limits.timeoutMs);
  const child = start(request, temporary);
  const stop = new Promise<never>((_, reject) => {
    limits.signal.addEventListener("abort", () => reject(limits.signal.reason), { once: true });
    late.addEventListener("abort", () => reject(tooLate(request.file, limits.timeoutMs, l10n)), { once: true });
  });
  try {
    const exit = await Promise.race([ended(child, request, l10n), conversation(child, listener), stop]);
    if (exit.code !== 0) {
      throw await readFailure(request.output, exit, l10n);
    }
    return await readManifest(request.output).catch(async () => {
      throw await readFailure(request.output, exit, l10n);
    });
  } finally {
    killTree(child);
    for (const stream of [child.stdin, child.stdout, child.stderr]) {
      stream.destroy();
    }
  }
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

function start({ interpreter, serializer, file, scope, output, cwd }: SerializeRequest, temporary: string): Child {
  const { project, domain } = scope;
  const options = ["--file", file, "--project", project, "--domain", domain, "--output", output, "--address", "ask"];
  return spawn(interpreter.command, [...interpreter.args, serializer, ...options], {
    ...TREE_OPTIONS,
    cwd,
    env: {
      ...process.env,
      PYTHONUNBUFFERED: "1",
      // No __pycache__ in the workspace or in the extension.
      PYTHONDONTWRITEBYTECODE: "1",
      // By all names that Python's tempfile asks for.
      ...{ TMPDIR: temporary, TEMP: temporary, TMP: temporary },
    },
    stdio: ["pipe", "pipe", "pipe"],
  });
}

/** How the process ended, once its output has been read. */
function ended(
  child: Child,
  { interpreter }: SerializeRequest,
  l10n: L10n,
): Promise<{ code: number | null; signal: string | null }> {
  return new Promise((resolve, reject) => {
    child.once("error", (error) =>
      reject(
        new SerializeFailure(
          "notStarted",
          l10n.t("{0} could not be started ({1}). Choose another interpreter.", interpreter.command, error.message),
        ),
      ),
    );
    child.once("close", (code, signal) => resolve({ code, signal }));
    child.once("exit", (code, signal) => setTimeout(() => resolve({ code, signal }), REST));
  });
}

/** Hands on what it says and answers its question. Ends only by what `address` rejects with. */
function conversation(child: Child, listener: SerializeListener): Promise<never> {
  return new Promise((_, reject) => {
    createInterface(child.stdout).on("line", (line) => {
      const message = parse(line);
      if (message === undefined) {
        printed(line, listener);
        return;
      }
      listener.step(message.step);
      if (message.step === "address") {
        listener.address(message).then((address) => child.stdin.write(`${address}\n`), reject);
      }
    });
    createInterface(child.stderr).on("line", (line) => printed(line, listener));
    // It has ended before it could read the answer: how, `ended` tells.
    child.stdin.on("error", () => {});
  });
}

function parse(line: string): ({ readonly step: SerializeStep } & BundleQuestion) | undefined {
  if (!line.startsWith(PREFIX)) {
    return undefined;
  }
  try {
    return JSON.parse(line.slice(PREFIX.length));
  } catch {
    // User code may print anything.
    return undefined;
  }
}

function printed(line: string, listener: SerializeListener): void {
  if (line.trim() !== "") {
    listener.output(line);
  }
}

function tooLate(file: string, timeoutMs: number, l10n: L10n): SerializeFailure {
  return new SerializeFailure(
    "timeout",
    l10n.t(
      "Serialising {0} did not end within {1} seconds and was stopped. Look in the log for what it waited for, or raise the setting flyte.register.timeout.",
      path.basename(file),
      timeoutMs / 1000,
    ),
  );
}
