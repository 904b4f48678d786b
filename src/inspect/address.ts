import type { Subject } from "../flyte/subject";
import type { EntityKind, Scope } from "../flyte/types";

/** The documents that there are. Of an entity there is only `detail`. */
export type DocumentForm = "inputs" | "outputs" | "detail" | "error";

/** A document by what it shows; {@link toPath} gives where it is. */
export interface DocumentAddress {
  readonly subject: Subject;
  readonly form: DocumentForm;
}

/** URI scheme of the documents. */
export const SCHEME = "flyte";

// Of the shape of an address, so that a later one can be told from an editor that an earlier version left open.
const VERSION = "v1";
// No empty segments: they would be lost where paths are put in order.
const NO_ORG = "-";

const ENDINGS: Readonly<Record<DocumentForm, string>> = {
  inputs: ".inputs.yaml",
  outputs: ".outputs.yaml",
  detail: ".json",
  error: ".error.txt",
};
const FOLDERS: Readonly<Record<EntityKind, string>> = {
  task: "tasks",
  workflow: "workflows",
  launchPlan: "launch-plans",
};

/**
 * The path of a document's URI, in readable parts: `/v1/<connection>/<org or ->/<project>/<domain>/…`, then
 * `executions/<name>.outputs.yaml`, `executions/<name>/<node>.inputs.yaml` or `tasks/<version>/<name>.json`. What comes last
 * is the title of the editor, and its ending decides the language.
 */
export function toPath({ subject, form }: DocumentAddress): string {
  const segments = [...segmentsOf(subject)];
  const title = segments.pop() ?? "";
  return `/${[VERSION, subject.connectionId, ...segments, title].map(encode).join("/")}${ENDINGS[form]}`;
}

/** The document of a path that {@link toPath} made; undefined for any other. */
export function parsePath(path: string): DocumentAddress | undefined {
  const form = formOf(path);
  if (form === undefined) {
    return undefined;
  }
  const decoded = decodeAll(path.slice(0, -ENDINGS[form].length));
  const [root, version, connectionId, org, project, domain, folder, ...rest] = decoded ?? [];
  if (root !== "" || version !== VERSION || !connectionId || !org || !project || !domain || rest.includes("")) {
    return undefined;
  }
  const scope: Scope = { ...(org === NO_ORG ? {} : { org }), project, domain };
  const subject = parseSubject(connectionId, scope, folder, rest);
  return subject && (subject.kind !== "entity" || form === "detail") ? { subject, form } : undefined;
}

function segmentsOf(subject: Subject): string[] {
  switch (subject.kind) {
    case "execution":
      return [...scopeSegments(subject.id), "executions", subject.id.name];
    case "node":
      return [...scopeSegments(subject.id.execution), "executions", subject.id.execution.name, subject.id.nodeId];
    case "entity":
      return [...scopeSegments(subject.id), FOLDERS[subject.id.kind], subject.id.version, subject.id.name];
  }
}

function scopeSegments({ org, project, domain }: Scope): string[] {
  return [org || NO_ORG, project, domain];
}

function parseSubject(
  connectionId: string,
  scope: Scope,
  folder: string | undefined,
  rest: readonly string[],
): Subject | undefined {
  const [first, second] = rest;
  if (first === undefined || rest.length > 2) {
    return undefined;
  }
  if (folder === "executions") {
    const execution = { ...scope, name: first };
    return second === undefined
      ? { connectionId, kind: "execution", id: execution }
      : { connectionId, kind: "node", id: { execution, nodeId: second } };
  }
  const kind = (Object.keys(FOLDERS) as EntityKind[]).find((kind) => FOLDERS[kind] === folder);
  return kind && second !== undefined
    ? { connectionId, kind: "entity", id: { ...scope, kind, version: first, name: second } }
    : undefined;
}

function formOf(path: string): DocumentForm | undefined {
  return (Object.keys(ENDINGS) as DocumentForm[]).find((form) => path.endsWith(ENDINGS[form]));
}

// A segment `.` or `..` would mean a folder.
function encode(segment: string): string {
  return encodeURIComponent(segment).replace(/^\.+$/, (dots) => "%2E".repeat(dots.length));
}

function decodeAll(path: string): string[] | undefined {
  try {
    return path.split("/").map(decodeURIComponent);
  } catch {
    return undefined;
  }
}
