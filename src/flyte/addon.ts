import { existsSync } from "node:fs";
import path from "node:path";
import type * as Addon from "../../native/node/index";
import type { CallOptions, Connect, FlyteClient } from "./client";
import { FlyteError } from "./error";
import type {
  ConnectionConfig,
  EntityId,
  EntityKind,
  EntityName,
  ExecutionFilter,
  ExecutionId,
  NodeExecutionId,
  PageRequest,
  RegistrationPlan,
  RegistrationProgress,
  Scope,
  ValueLimits,
} from "./types";
import * as unpacked from "./unpack";
import { type Read, unpack } from "./unpack";

/** Beside the bundle, where the build puts it. */
const FILE = path.join(__dirname, "flyte-node.node");

/**
 * A client over the addon, which is loaded with the first one.
 *
 * Throws a `FlyteError`: of reason `invalidEndpoint` when the endpoint is not one, of reason `file` when the addon is
 * not there or not for this machine.
 */
export const connect: Connect = (config) => new AddonClient(config);

let loaded: typeof Addon | undefined;

function addon(): typeof Addon {
  loaded ??= load();
  return loaded;
}

function load(): typeof Addon {
  try {
    return require(FILE);
  } catch (error) {
    const machine = `${process.platform}-${process.arch}`;
    const message = existsSync(FILE)
      ? `Flyte's runtime does not run on this machine (${machine}). Install the Flyte extension that is made for it.`
      : `Flyte's runtime is not part of this installation. Install the Flyte extension for ${machine} again, or run \`npm run build\` in a checkout.`;
    throw new FlyteError(message, "FAILED_PRECONDITION", "file", `load ${FILE}`, "", String(error));
  }
}

/** Hands every call to the addon; what it means is decided there. */
class AddonClient implements FlyteClient {
  private readonly client: Addon.Client;

  constructor(config: ConnectionConfig) {
    const { Client } = addon();
    try {
      this.client = new Client(config);
    } catch (error) {
      throw flyteError(error, config.endpoint);
    }
  }

  get endpoint() {
    return this.client.endpoint;
  }

  probe(options?: CallOptions) {
    return this.call(options, (call) => this.client.probe(call));
  }

  listProjects(page: PageRequest, options?: CallOptions) {
    return this.packed(options, unpacked.page(unpacked.project), (call) => this.client.listProjects(call, page));
  }

  listEntities(kind: EntityKind, scope: Scope, page: PageRequest, options?: CallOptions) {
    return this.packed(options, unpacked.page(unpacked.entityRow), (call) =>
      this.client.listEntities(call, kind, scope, page),
    );
  }

  listVersions(entity: EntityName, page: PageRequest, options?: CallOptions) {
    return this.packed(options, unpacked.page(unpacked.versionRow), (call) =>
      this.client.listVersions(call, entity, page),
    );
  }

  listExecutions(scope: Scope, filter: ExecutionFilter, page: PageRequest, options?: CallOptions) {
    return this.packed(options, unpacked.page(unpacked.executionRow), (call) =>
      this.client.listExecutions(call, scope, filter, page),
    );
  }

  listNodeExecutions(
    execution: ExecutionId,
    parentNodeId: string | undefined,
    page: PageRequest,
    options?: CallOptions,
  ) {
    return this.packed(options, unpacked.page(unpacked.nodeExecutionRow), (call) =>
      this.client.listNodeExecutions(call, execution, parentNodeId, page),
    );
  }

  getEntity(id: EntityId, options?: CallOptions) {
    return this.call(options, (call) => this.client.getEntity(call, id));
  }

  getExecution(id: ExecutionId, options?: CallOptions) {
    return this.call(options, (call) => this.client.getExecution(call, id));
  }

  getNodeExecution(id: NodeExecutionId, options?: CallOptions) {
    return this.call(options, (call) => this.client.getNodeExecution(call, id));
  }

  getExecutionData(id: ExecutionId, limits: ValueLimits, options?: CallOptions) {
    return this.packed(options, unpacked.executionData, (call) => this.client.getExecutionData(call, id, limits));
  }

  getNodeExecutionData(id: NodeExecutionId, limits: ValueLimits, options?: CallOptions) {
    return this.packed(options, unpacked.executionData, (call) => this.client.getNodeExecutionData(call, id, limits));
  }

  lastExecution(entity: EntityName, options?: CallOptions) {
    return this.packed(options, unpacked.lastExecution, (call) => this.client.lastExecution(call, entity));
  }

  bundleAddress(scope: Scope, { fileName, md5 }: { fileName: string; md5: string }, options?: CallOptions) {
    return this.call(options, (call) => this.client.bundleAddress(call, scope, fileName, md5));
  }

  register(plan: RegistrationPlan, onProgress: (progress: RegistrationProgress) => void, options?: CallOptions) {
    return this.call(options, (call) => this.client.register(call, plan, onProgress));
  }

  close() {
    this.client.close();
  }

  /** Runs one call that answers packed. */
  private packed<T>(
    options: CallOptions | undefined,
    read: Read<T>,
    start: (call: Addon.Call) => Promise<Addon.Packed>,
  ) {
    return this.call(options, async (call) => unpack(await start(call), read));
  }

  /** Runs one call of the addon under these options. */
  private async call<T>(options: CallOptions = {}, start: (call: Addon.Call) => Promise<T>): Promise<T> {
    const { signal, timeoutMs } = options;
    const call = new (addon().Call)(timeoutMs);
    const cancel = () => call.cancel();
    // A call that is cancelled before it starts is refused by the runtime, which knows what to say, and touches nothing.
    if (signal?.aborted) cancel();
    signal?.addEventListener("abort", cancel, { once: true });
    try {
      return await start(call);
    } catch (error) {
      throw flyteError(error, this.client.endpoint);
    } finally {
      signal?.removeEventListener("abort", cancel);
    }
  }
}

/**
 * What the addon rejected with, as a `FlyteError`. An error without the runtime's properties is none of the runtime's:
 * a panic in a function that gives no promise, an argument of a wrong type, or an addon of another version.
 */
function flyteError(error: unknown, endpoint: string): FlyteError {
  if (error instanceof Error && "reason" in error) {
    const { message, code, reason, action, endpoint, details } = error as FlyteError;
    return new FlyteError(message, code, reason, action, endpoint, details);
  }
  const message = error instanceof Error ? error.message : String(error);
  return new FlyteError(message, "INTERNAL", "panic", "", endpoint, "");
}
