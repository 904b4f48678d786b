import type { CallOptions, FlyteClient } from "./client";
import type { EntityId, ExecutionData, ExecutionId, NodeExecutionId, ValueLimits } from "./types";

/** What a command acts on: something on a server that can be opened, with the connection that it is on. */
export type Subject =
  | RunSubject
  | ({ readonly connectionId: string } & { readonly kind: "entity"; readonly id: EntityId });

/** An execution or one of its nodes: what has inputs and outputs. */
export type RunSubject = { readonly connectionId: string } & (
  | { readonly kind: "execution"; readonly id: ExecutionId }
  | { readonly kind: "node"; readonly id: NodeExecutionId }
);

/** What tree items hand to a command: themselves, with what they stand for. */
export interface HasSubject {
  readonly subject: Subject;
}

/** Inputs and outputs of an execution or a node. Rejects with a `FlyteError`. */
export function dataOf(
  client: FlyteClient,
  subject: RunSubject,
  limits: ValueLimits,
  options: CallOptions,
): Promise<ExecutionData> {
  return subject.kind === "execution"
    ? client.getExecutionData(subject.id, limits, options)
    : client.getNodeExecutionData(subject.id, limits, options);
}
