import * as vscode from "vscode";
import type { Feature } from "../commands";
import type { Connections } from "../flyte/connection";
import type { HasSubject, Subject } from "../flyte/subject";
import { type DocumentForm, SCHEME } from "./address";
import { Documents } from "./documents";
import { LastExecutionHover } from "./hover/provider";

/** What inspecting needs of the rest of the extension. */
export interface InspectParts {
  readonly connections: Connections;
  readonly log: vscode.LogOutputChannel;
}

type InspectCommand =
  | "flyte.openInputs"
  | "flyte.openOutputs"
  | "flyte.openDetail"
  | "flyte.openError"
  | "flyte.refreshDocument";

/**
 * Documents of what is on a server, and hovers on the definitions of what is registered there. The commands that open
 * a document take a subject, or a tree item that has one.
 */
export function createInspect({ connections, log }: InspectParts): Feature<InspectCommand> {
  const documents = new Documents(connections, log);
  const hover = new LastExecutionHover(connections, log);
  const opens = (form: DocumentForm) => (target: Partial<Subject & HasSubject> | undefined) => {
    const subject = target?.subject ?? target;
    if (!isSubject(subject)) {
      throw new Error(vscode.l10n.t("Choose an execution, a node or a version in the Flyte view first."));
    }
    if (subject.kind === "entity" && form !== "detail") {
      throw new Error(vscode.l10n.t("Only executions and their nodes have inputs, outputs and errors."));
    }
    return documents.open({ subject, form });
  };
  return {
    commands: {
      "flyte.openInputs": opens("inputs"),
      "flyte.openOutputs": opens("outputs"),
      "flyte.openDetail": opens("detail"),
      "flyte.openError": opens("error"),
      "flyte.refreshDocument": (target: vscode.Uri | undefined) => {
        const uri = target ?? vscode.window.activeTextEditor?.document.uri;
        if (uri?.scheme !== SCHEME) {
          throw new Error(vscode.l10n.t("The active editor shows no document of Flyte."));
        }
        documents.refresh(uri);
      },
    },
    dispose() {
      documents.dispose();
      hover.dispose();
    },
  };
}

function isSubject(target: Partial<Subject> | undefined): target is Subject {
  return typeof target?.connectionId === "string" && target.kind !== undefined && target.id !== undefined;
}
