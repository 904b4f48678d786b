import type { Phase } from "../flyte/types";

/**
 * The phase in the JSON of an execution or node execution (`closure.phase`, by its name in flyteidl); `undefined` when
 * there is none that this version knows. protobuf's JSON leaves out a phase of number 0, which is UNDEFINED.
 */
export function phaseOf(detailJson: string): Phase {
  const detail: { closure?: { phase?: unknown } } = JSON.parse(detailJson);
  const phase = detail.closure?.phase;
  return (typeof phase === "string" && NAMES[phase]) || "undefined";
}

const NAMES: Readonly<Record<string, Phase>> = {
  QUEUED: "queued",
  RUNNING: "running",
  DYNAMIC_RUNNING: "dynamicRunning",
  RECOVERED: "recovered",
  SKIPPED: "skipped",
  SUCCEEDING: "succeeding",
  SUCCEEDED: "succeeded",
  FAILING: "failing",
  FAILED: "failed",
  ABORTING: "aborting",
  ABORTED: "aborted",
  TIMED_OUT: "timedOut",
};
