/**
 * The domain of the extension: what the views show, in Flyte's own terms. Nothing here knows protobuf, gRPC or
 * VS Code; the addon fills these shapes and every view renders them.
 */

/** Where entities live. `org` is empty on Flyte 1 and required on Flyte 2. */
export interface Scope {
  readonly org?: string;
  readonly project: string;
  readonly domain: string;
}

export type EntityKind = "task" | "workflow" | "launchPlan";

/** A named entity: all versions of one task, workflow or launch plan. */
export interface EntityName extends Scope {
  readonly kind: EntityKind;
  readonly name: string;
}

/** One version of an entity. */
export interface EntityId extends EntityName {
  readonly version: string;
}

export interface ExecutionId extends Scope {
  readonly name: string;
}

export interface NodeExecutionId {
  readonly execution: ExecutionId;
  readonly nodeId: string;
}

/** The union of Flyte's workflow, node and task phases (three enums in flyteidl). */
export type Phase =
  | "undefined"
  | "queued"
  | "initializing"
  | "waitingForResources"
  | "running"
  | "dynamicRunning"
  | "paused"
  | "retryable"
  | "recovered"
  | "skipped"
  | "succeeding"
  | "succeeded"
  | "failing"
  | "failed"
  | "aborting"
  | "aborted"
  | "timedOut";

/** A page of a list: `nextToken` is absent on the last page. */
export interface Page<Row> {
  readonly rows: readonly Row[];
  readonly nextToken?: string;
}

export interface PageRequest {
  /** Rows wanted, at least 1. */
  readonly limit: number;
  /** `nextToken` of the page before; absent for the first page. */
  readonly token?: string;
}

export interface Domain {
  readonly id: string;
  readonly name: string;
}

export interface Project {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly domains: readonly Domain[];
}

/** A named entity as a list shows it. */
export interface EntityRow {
  readonly name: string;
  readonly description: string;
  readonly archived: boolean;
}

/** A version of an entity as a list shows it. Times are milliseconds since the epoch. */
export interface VersionRow {
  readonly version: string;
  readonly createdAt?: number;
  /** One line: `(a: integer, b: string) -> (o0: float)`; of the workflow for a launch plan. */
  readonly signature: string;
  /** Launch plans only: whether this version is the active one. */
  readonly active?: boolean;
}

export interface ExecutionRow {
  readonly id: ExecutionId;
  readonly phase: Phase;
  /** The launch plan, or the task for an execution of a single task. */
  readonly launchedName: string;
  readonly launchedVersion: string;
  readonly createdAt?: number;
  readonly startedAt?: number;
  /** Milliseconds; absent while it has not ended. */
  readonly duration?: number;
  /** Who or what started it; empty when the server does not say. */
  readonly principal: string;
  /** The first bytes of the error; empty when there is none. The whole error is in {@link ExecutionDetail}. */
  readonly error: string;
}

export interface NodeExecutionRow {
  readonly id: NodeExecutionId;
  /** The node's name in the source, for people; its id where it has none. */
  readonly displayName: string;
  readonly phase: Phase;
  readonly createdAt?: number;
  readonly startedAt?: number;
  readonly duration?: number;
  readonly cached: boolean;
  /** Whether it holds nodes of its own (sub-workflow, dynamic task, array node). */
  readonly isParent: boolean;
  /** The execution that it launched, for a launch plan node. */
  readonly launchedExecution?: ExecutionId;
  readonly error: string;
}

/** A link to logs, as the server names it. */
export interface LogRef {
  readonly name: string;
  readonly uri: string;
}

export interface ExecutionFilter {
  /** Only executions of this workflow, task or launch plan (all versions). */
  readonly entity?: EntityName;
  /** Only these phases (workflow phases). */
  readonly phases?: readonly Phase[];
}

/** Everything that a document shows of an entity's version, an execution or a node execution. */
export interface Detail {
  /** The whole message as protobuf JSON with the original field names, indented. */
  readonly json: string;
  /** The full error text; empty when there is none. */
  readonly error: string;
}

/**
 * How a value is made. `record` is a Struct or a msgpack map (dataclass, Pydantic model), `offloaded` a literal that
 * the server keeps elsewhere, `truncated` what was left out because of a {@link ValueLimits}.
 */
export type ValueKind =
  | "none"
  | "integer"
  | "float"
  | "string"
  | "boolean"
  | "datetime"
  | "duration"
  | "enum"
  | "binary"
  | "blob"
  | "schema"
  | "structuredDataset"
  | "error"
  | "union"
  | "collection"
  | "map"
  | "record"
  | "offloaded"
  | "truncated"
  | "unknown";

/** A decoded literal. A tree of plain data, the same for hover, tree item, document and diff. */
export interface Value {
  readonly kind: ValueKind;
  /** Flyte's name of the type, such as `integer`, `list[string]`, `union[none, integer]`. */
  readonly type: string;
  /**
   * The exact text of a scalar: decimal digits for integers (all 64 bits), RFC 3339 with nanoseconds for datetimes,
   * a URI for blobs and datasets. Empty for containers.
   */
  readonly text: string;
  /** Parts of a container: lists and msgpack maps as written, other maps sorted by key; `key` is the index in a list. */
  readonly children: readonly NamedValue[];
  /** How many parts, or for texts and bytes how many bytes, the whole value has. */
  readonly size: number;
  /** Whether `text` or `children` were cut by a limit. */
  readonly truncated: boolean;
}

export interface NamedValue {
  readonly key: string;
  readonly value: Value;
}

/** Where decoding stops, so that a preview never costs what the whole would. */
export interface ValueLimits {
  /** Most characters of one text. */
  readonly maxText: number;
  /** Most parts of one container. */
  readonly maxItems: number;
  /** Most values in all. */
  readonly maxValues: number;
}

/** A literal map with what became of it. */
export interface ValueMap {
  /** `inline`: in `values`. `tooLarge`: the server withheld it, `uri` and `bytes` say what. `none`: there is none. */
  readonly state: "inline" | "tooLarge" | "none";
  readonly values: readonly NamedValue[];
  /** Size of the literal map in bytes as the server reports it, 0 when it does not. */
  readonly bytes: number;
  readonly uri: string;
}

export interface ExecutionData {
  readonly inputs: ValueMap;
  readonly outputs: ValueMap;
}

/** The last execution of an entity: of a workflow or launch plan itself, of a task also as a node of a workflow. */
export interface LastExecution {
  readonly execution: ExecutionRow;
  /** The node that ran the task, when the task ran as part of a workflow. */
  readonly node?: NodeExecutionRow;
}

/** What answers at an endpoint. */
export interface ServerInfo {
  /** `flyteAdmin` is Flyte 1; `flyte2` is recognised but not served yet. */
  readonly kind: "flyteAdmin" | "flyte2";
  /** Version of FlyteAdmin, empty when it does not say. */
  readonly version: string;
}

/** How to reach a server. */
export interface ConnectionConfig {
  /** `host:port`, optionally with `dns:///`, `http://` or `https://` before it. */
  readonly endpoint: string;
  /** Plain text instead of TLS. */
  readonly insecure: boolean;
  /** Path of a PEM file of roots to trust beside the system's. */
  readonly caCertFile?: string;
  /** TLS without checking the certificate (Flyte's `insecureSkipVerify`). */
  readonly insecureSkipVerify?: boolean;
}

/** One serialised entity, as `serialize.py` leaves it on disk. */
export interface RegistrationItem {
  readonly id: EntityId;
  /** Path of the file with the message: TaskSpec, WorkflowSpec or LaunchPlanSpec in flyteidl's admin package. */
  readonly specFile: string;
  /** Launch plans only: make this version the active one once it is created (flytekit's `auto_activate`). */
  readonly activate?: boolean;
}

export interface RegistrationPlan {
  readonly scope: Scope;
  readonly version: string;
  readonly items: readonly RegistrationItem[];
  /** The code bundle; its address replaces `{{ .remote_package_path }}` in every task's arguments. */
  readonly bundle?: {
    readonly file: string;
    /** Where it is unpacked in the container; replaces `{{ .dest_dir }}`. */
    readonly destination: string;
    /** The address it was serialised for (see `bundleAddress`): the upload must end there. */
    readonly address?: string;
  };
}

/** `exists`: the server has the identical entity already, which is a success. `skipped`: not tried after a failure or a cancel. */
export type RegistrationStatus = "created" | "exists" | "failed" | "skipped";

export interface RegistrationResult {
  readonly id: EntityId;
  readonly status: RegistrationStatus;
  /** What went wrong, for `failed`; why it was not tried, for `skipped`. */
  readonly message: string;
  /** Compile errors of the server, taken apart; empty when it gave none. */
  readonly problems: readonly { readonly node: string; readonly code: string; readonly description: string }[];
}

/** A step of a registration, as it happens. */
export interface RegistrationProgress {
  readonly step: "upload" | "task" | "workflow" | "launchPlan";
  /** Entities settled so far, and in all. */
  readonly done: number;
  readonly total: number;
  /** The entity just settled; absent for the upload. */
  readonly result?: RegistrationResult;
}

export interface RegistrationReport {
  /** One result for each item of the plan, in the plan's order. */
  readonly results: readonly RegistrationResult[];
  /** Whether it was cancelled before the end. */
  readonly cancelled: boolean;
  /** Address of the uploaded bundle; empty when there was none. */
  readonly bundleUri: string;
}
