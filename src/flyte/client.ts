import type {
  ConnectionConfig,
  Detail,
  EntityId,
  EntityKind,
  EntityName,
  EntityRow,
  ExecutionData,
  ExecutionFilter,
  ExecutionId,
  ExecutionRow,
  LastExecution,
  NodeExecutionId,
  NodeExecutionRow,
  Page,
  PageRequest,
  Project,
  RegistrationPlan,
  RegistrationProgress,
  RegistrationReport,
  Scope,
  ServerInfo,
  ValueLimits,
  VersionRow,
} from "./types";

/** Options of every remote call. */
export interface CallOptions {
  /** Cancels the call: it rejects with a `FlyteError` of reason `cancelled`. */
  readonly signal?: AbortSignal;
  /** Milliseconds until it is given up; 30 s when absent. */
  readonly timeoutMs?: number;
}

/**
 * One connection to one Flyte: the only door to the addon. Every method works off the extension host's thread and
 * rejects with a `FlyteError`; none touches the network before it is called.
 */
export interface FlyteClient {
  readonly endpoint: string;

  /** Finds out what answers at the endpoint, and whether it asks for a sign-in. */
  probe(options?: CallOptions): Promise<ServerInfo>;

  /** Projects that are not archived, by id, with their domains. */
  listProjects(page: PageRequest, options?: CallOptions): Promise<Page<Project>>;

  /** Named entities by name, without those that Flyte generates for single-task executions. */
  listEntities(kind: EntityKind, scope: Scope, page: PageRequest, options?: CallOptions): Promise<Page<EntityRow>>;

  /** Versions, newest first. */
  listVersions(entity: EntityName, page: PageRequest, options?: CallOptions): Promise<Page<VersionRow>>;

  /** Executions, newest first. */
  listExecutions(
    scope: Scope,
    filter: ExecutionFilter,
    page: PageRequest,
    options?: CallOptions,
  ): Promise<Page<ExecutionRow>>;

  /** Nodes of an execution, or of its parent node `parentNodeId`, in the order they were created. */
  listNodeExecutions(
    execution: ExecutionId,
    parentNodeId: string | undefined,
    page: PageRequest,
    options?: CallOptions,
  ): Promise<Page<NodeExecutionRow>>;

  getEntity(id: EntityId, options?: CallOptions): Promise<Detail>;
  getExecution(id: ExecutionId, options?: CallOptions): Promise<Detail>;
  getNodeExecution(id: NodeExecutionId, options?: CallOptions): Promise<Detail>;

  /** Inputs and outputs of an execution, decoded. */
  getExecutionData(id: ExecutionId, limits: ValueLimits, options?: CallOptions): Promise<ExecutionData>;
  getNodeExecutionData(id: NodeExecutionId, limits: ValueLimits, options?: CallOptions): Promise<ExecutionData>;

  /** The newest execution in which the entity ran, or undefined when there is none. */
  lastExecution(entity: EntityName, options?: CallOptions): Promise<LastExecution | undefined>;

  /**
   * Where a code bundle of this name and MD5 digest (Base64) will be in the server's store. Changes nothing on the
   * server. flytekit hashes the address into the version that it chooses, so it is asked for before serialising.
   */
  bundleAddress(scope: Scope, bundle: { fileName: string; md5: string }, options?: CallOptions): Promise<string>;

  /**
   * Uploads the bundle and creates the entities: tasks at once, then workflows in the order they need each other, then
   * launch plans. Resolves with a report whatever the server says of single entities; rejects only when nothing could
   * be tried (server down, project unknown, file unreadable). A cancel through `options.signal` resolves with what was
   * and was not created.
   */
  register(
    plan: RegistrationPlan,
    onProgress: (progress: RegistrationProgress) => void,
    options?: CallOptions,
  ): Promise<RegistrationReport>;

  /** Drops the connection. Calls under way are cancelled. */
  close(): void;
}

/** Makes clients. Connecting is lazy: an unreachable server shows at the first call. */
export type Connect = (config: ConnectionConfig) => FlyteClient;
