import type { EntityId, ExecutionId, NodeExecutionId } from "./types";

/** What a command acts on: something on a server that can be opened, with the connection that it is on. */
export type Subject = { readonly connectionId: string } & (
  | { readonly kind: "entity"; readonly id: EntityId }
  | { readonly kind: "execution"; readonly id: ExecutionId }
  | { readonly kind: "node"; readonly id: NodeExecutionId }
);

/** What tree items hand to a command: themselves, with what they stand for. */
export interface HasSubject {
  readonly subject: Subject;
}
