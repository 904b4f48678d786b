import { ConnectionStopped } from "../flyte/connection";
import { FlyteError } from "../flyte/error";
import { SerializeFailure } from "./serialize-failure";
import { UnknownScope } from "./target-check";

/** What a notification of a failure offers as a button. */
export type NextStep =
  | "chooseInterpreter"
  | "startLocal"
  | "showLine"
  | "openTimeout"
  | "selectScope"
  | "selectConnection"
  | "showLog";

/** The buttons that lead on from a failure, the best one first. */
export function nextSteps(error: unknown): NextStep[] {
  if (error instanceof UnknownScope) {
    return ["selectScope"];
  }
  if (error instanceof ConnectionStopped) {
    return ["startLocal"];
  }
  if (error instanceof FlyteError) {
    return ["selectConnection", "showLog"];
  }
  if (!(error instanceof SerializeFailure)) {
    return ["showLog"];
  }
  switch (error.reason) {
    case "noPython":
      return ["chooseInterpreter"];
    case "pythonTooOld":
    case "noFlytekit":
    case "flytekitTooOld":
    case "flytekitBroken":
    case "notStarted":
      return ["chooseInterpreter", "showLog"];
    case "timeout":
      return ["openTimeout", "showLog"];
    case "import":
      return error.details.module ? ["showLine", "chooseInterpreter", "showLog"] : ["showLine", "showLog"];
    case "syntax":
    case "serialize":
      return error.details.line ? ["showLine", "showLog"] : ["showLog"];
    case "noEntities":
      return [];
    default:
      return ["showLog"];
  }
}
