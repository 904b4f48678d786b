import type { Packed } from "../../native/node/index";
import type {
  Domain,
  EntityRow,
  ExecutionData,
  ExecutionId,
  ExecutionRow,
  LastExecution,
  NamedValue,
  NodeExecutionId,
  NodeExecutionRow,
  Page,
  Phase,
  Project,
  Value,
  ValueKind,
  ValueMap,
  VersionRow,
} from "./types";

/** Reads one thing: its fields in the order in which `native/node/src/pack` writes them. */
export type Read<T> = (from: Unpacker) => T;

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/** Makes the objects of what the addon sent packed. */
export function unpack<T>(packed: Packed, read: Read<T>): T {
  const from = new Unpacker(packed);
  const content = read(from);
  if (!from.isDone) {
    throw new Error("The addon is of another version than the extension. Build or install both again.");
  }
  return content;
}

/** Reads a page of such rows. */
export function page<Row>(row: Read<Row>): Read<Page<Row>> {
  return (from) => {
    const nextToken = from.optionalText();
    const rows = from.list(row);
    return nextToken === undefined ? { rows } : { rows, nextToken };
  };
}

export const project: Read<Project> = (from) => ({
  id: from.text(),
  name: from.text(),
  description: from.text(),
  domains: from.list(domain),
});

export const entityRow: Read<EntityRow> = (from) => ({
  name: from.text(),
  description: from.text(),
  archived: from.flag(),
});

export const versionRow: Read<VersionRow> = (from) => {
  const version = from.text();
  const createdAt = from.optionalNumber();
  const row: Writable<VersionRow> = { version, signature: from.text() };
  const active = from.optionalNumber();
  if (createdAt !== undefined) row.createdAt = createdAt;
  if (active !== undefined) row.active = active === 1;
  return row;
};

export const executionRow: Read<ExecutionRow> = (from) =>
  withTimes<ExecutionRow>(from, {
    id: executionId(from),
    phase: from.text() as Phase,
    launchedName: from.text(),
    launchedVersion: from.text(),
    principal: from.text(),
    error: from.text(),
  });

export const nodeExecutionRow: Read<NodeExecutionRow> = (from) => {
  const row = withTimes<NodeExecutionRow>(from, {
    id: nodeExecutionId(from),
    displayName: from.text(),
    phase: from.text() as Phase,
    cached: from.flag(),
    isParent: from.flag(),
    error: from.text(),
  });
  const launchedExecution = from.option(executionId);
  if (launchedExecution !== undefined) row.launchedExecution = launchedExecution;
  return row;
};

export const lastExecution: Read<LastExecution | undefined> = (from) =>
  from.option((from) => {
    const execution = executionRow(from);
    const node = from.option(nodeExecutionRow);
    return node === undefined ? { execution } : { execution, node };
  });

export const executionData: Read<ExecutionData> = (from) => ({ inputs: valueMap(from), outputs: valueMap(from) });

const domain: Read<Domain> = (from) => ({ id: from.text(), name: from.text() });

const executionId: Read<ExecutionId> = (from) => {
  const id: Writable<ExecutionId> = { name: from.text(), project: from.text(), domain: from.text() };
  const org = from.text();
  if (org !== "") id.org = org;
  return id;
};

const nodeExecutionId: Read<NodeExecutionId> = (from) => ({ execution: executionId(from), nodeId: from.text() });

const valueMap: Read<ValueMap> = (from) => ({
  state: from.text() as ValueMap["state"],
  bytes: from.number(),
  uri: from.text(),
  values: from.list(namedValue),
});

const namedValue: Read<NamedValue> = (from) => ({ key: from.text(), value: value(from) });

const value: Read<Value> = (from) => ({
  kind: from.text() as ValueKind,
  type: from.text(),
  text: from.text(),
  size: from.number(),
  truncated: from.flag(),
  children: from.list(namedValue),
});

interface Times {
  readonly createdAt?: number;
  readonly startedAt?: number;
  readonly duration?: number;
}

/** The row with those of the times that there are, which follow its other fields. */
function withTimes<Row extends Times>(from: Unpacker, row: Omit<Row, keyof Times>): Writable<Row> {
  const whole = row as Writable<Row> & Writable<Times>;
  const createdAt = from.optionalNumber();
  const startedAt = from.optionalNumber();
  const duration = from.optionalNumber();
  if (createdAt !== undefined) whole.createdAt = createdAt;
  if (startedAt !== undefined) whole.startedAt = startedAt;
  if (duration !== undefined) whole.duration = duration;
  return whole;
}

/** Reads the fields of something packed, one after the other. */
class Unpacker {
  private readonly texts: string[] = [];
  private readonly cells: Float64Array;
  private next = 0;

  constructor({ texts, ends, cells }: Packed) {
    let start = 0;
    for (const end of ends) {
      this.texts.push(texts.slice(start, end));
      start = end;
    }
    this.cells = cells;
  }

  /** Whether everything was read, and nothing beyond. */
  get isDone(): boolean {
    return this.next === this.cells.length;
  }

  number(): number {
    return this.cells[this.next++] as number;
  }

  optionalNumber(): number | undefined {
    const number = this.number();
    return Number.isNaN(number) ? undefined : number;
  }

  flag(): boolean {
    return this.number() === 1;
  }

  text(): string {
    return this.texts[this.cells[this.next++] as number] as string;
  }

  optionalText(): string | undefined {
    return this.texts[this.number()];
  }

  list<T>(read: Read<T>): T[] {
    const items: T[] = [];
    for (let left = this.number(); left > 0; left--) {
      items.push(read(this));
    }
    return items;
  }

  option<T>(read: Read<T>): T | undefined {
    return this.flag() ? read(this) : undefined;
  }
}
