import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import type { FlyteClient } from "../flyte/client";
import type { Scope } from "../flyte/types";
import type { L10n } from "../l10n";
import type { Interpreter } from "./interpreter";
import { toPlan } from "./manifest";
import type { Registration } from "./outcome";
import { type Progress, registerProgress, serializeProgress } from "./progress";
import { serialize } from "./serialize-process";
import { checkTarget } from "./target-check";

/** What to register, where, and with what. */
export interface RegistrationRequest {
  readonly file: string;
  /** Where the Python runs. */
  readonly cwd: string;
  readonly client: FlyteClient;
  /** The connection's name. */
  readonly connection: string;
  readonly scope: Scope;
  /** Finds the Python. */
  readonly interpreter: () => Promise<Interpreter>;
  /** Folder of the serialiser. */
  readonly serializer: string;
  /** Milliseconds, for serialising and for each call to the server. */
  readonly timeoutMs: number;
}

/** Who hears of a registration while it goes on. */
export interface RegistrationListener {
  progress(progress: Progress): void;
  /** A line for the log: what is done, or what Python printed. */
  log(line: string): void;
}

/**
 * Registers the entities of a Python file: makes sure of the server, serialises, uploads and creates. Nothing is sent
 * before all of the file has been serialised, but the question where the code will be stored.
 *
 * @throws {Error} `SerializeFailure`, `UnknownScope` or `FlyteError` when nothing was registered, and the signal's reason when
 *   it was aborted before there was anything to register. What happened to entities is in the report, also after an abort.
 */
export async function registerFile(
  request: RegistrationRequest,
  listener: RegistrationListener,
  signal: AbortSignal,
  l10n: L10n,
): Promise<Registration> {
  const { file, client, connection, scope, timeoutMs } = request;
  const options = { signal, timeoutMs };
  listener.progress({ message: l10n.t("asking {0}…", connection), percent: 0 });
  await client.probe({ signal });
  await checkTarget(client, scope, connection, { signal }, l10n);
  const interpreter = await request.interpreter();
  listener.log(`${[interpreter.command, ...interpreter.args].join(" ")} (${interpreter.source})`);
  const output = await mkdtemp(path.join(os.tmpdir(), "flyte-register-"));
  try {
    const manifest = await serialize(
      { interpreter, serializer: request.serializer, file, scope, output, cwd: request.cwd },
      {
        step: (step) => listener.progress(serializeProgress(step, l10n)),
        output: (line) => listener.log(line),
        address: (bundle) => client.bundleAddress(scope, { fileName: bundle.file, md5: bundle.md5 }, options),
      },
      { signal, timeoutMs },
      l10n,
    );
    signal.throwIfAborted();
    const report = await client.register(
      toPlan(manifest, output, scope),
      (progress) => listener.progress(registerProgress(progress, l10n)),
      options,
    );
    return { file, connection, scope, manifest, report };
  } finally {
    // A process that was killed a moment ago may still hold its files.
    await rm(output, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}
