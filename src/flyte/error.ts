/** gRPC's status codes by name. */
export type GrpcCode =
  | "CANCELLED"
  | "UNKNOWN"
  | "INVALID_ARGUMENT"
  | "DEADLINE_EXCEEDED"
  | "NOT_FOUND"
  | "ALREADY_EXISTS"
  | "PERMISSION_DENIED"
  | "RESOURCE_EXHAUSTED"
  | "FAILED_PRECONDITION"
  | "ABORTED"
  | "OUT_OF_RANGE"
  | "UNIMPLEMENTED"
  | "INTERNAL"
  | "UNAVAILABLE"
  | "DATA_LOSS"
  | "UNAUTHENTICATED";

/** Why a call failed, as far as the runtime can tell: what decides the advice a person gets. */
export type FailureReason =
  | "status"
  | "cancelled"
  | "deadline"
  | "invalidEndpoint"
  | "nameNotFound"
  | "connectionRefused"
  | "connectionLost"
  | "certificateNotTrusted"
  | "plainTextPort"
  | "tlsPort"
  | "notGrpc"
  | "proxyAnswered"
  | "signInRequired"
  | "flyte2"
  | "file"
  | "upload"
  | "panic";

/** A failed call. `message` is what went wrong in a sentence, `details` what more the server said. */
export class FlyteError extends Error {
  constructor(
    message: string,
    readonly code: GrpcCode,
    readonly reason: FailureReason,
    /** What was being done, such as `list executions of flytesnacks/development`. */
    readonly action: string,
    readonly endpoint: string,
    readonly details: string,
  ) {
    super(message);
    this.name = "FlyteError";
  }
}
