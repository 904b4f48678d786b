import type { Subject } from "../flyte/subject";

const KINDS = { task: "tsk", workflow: "wf", launchPlan: "lp" } as const;

/** The identifier as flytekit writes it (`flytekit/interfaces/cli_identifiers.py`), such as `ex:project:domain:name`. */
export function urn(subject: Subject): string {
  switch (subject.kind) {
    case "entity": {
      const { kind, project, domain, name, version } = subject.id;
      return [KINDS[kind], project, domain, name, version].join(":");
    }
    case "execution":
      return ["ex", subject.id.project, subject.id.domain, subject.id.name].join(":");
    case "node":
      // flytekit has no such form for nodes: within its execution the id says all.
      return subject.id.nodeId;
  }
}
