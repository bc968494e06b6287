/** Kinds are the names of gRPC status codes, so that nothing has to be translated twice. */
export type ErrorKind =
  | 'CANCELLED'
  | 'INVALID_ARGUMENT'
  | 'DEADLINE_EXCEEDED'
  | 'NOT_FOUND'
  | 'ALREADY_EXISTS'
  | 'PERMISSION_DENIED'
  | 'RESOURCE_EXHAUSTED'
  | 'FAILED_PRECONDITION'
  | 'ABORTED'
  | 'OUT_OF_RANGE'
  | 'UNIMPLEMENTED'
  | 'INTERNAL'
  | 'UNAVAILABLE'
  | 'DATA_LOSS'
  | 'UNAUTHENTICATED';

/** One broken rule of one request field (google.rpc.BadRequest.FieldViolation). */
export interface FieldViolation {
  /** Path of the field in JSON names: `unitId`, `blocks[2].text`. */
  field: string;
  /** UPPER_SNAKE, the key of the text people see: `REQUIRED`, `TOO_LONG`. */
  reason: string;
  /** For logs and developers, in English. */
  description: string;
}

export interface AppErrorInit {
  kind: ErrorKind;
  /** UPPER_SNAKE, unique per service, listed in docs/errors.md. */
  reason: string;
  /** For logs, in English; people never see it. */
  message?: string;
  /** Values for the text people see; never secrets. */
  metadata?: Readonly<Record<string, string>>;
  violations?: readonly FieldViolation[];
  retryAfterMs?: number;
  cause?: unknown;
}

/**
 * The only error that crosses a layer. Domain and store throw it, the gRPC server interceptor turns it into a
 * status with google.rpc details, the client interceptor rebuilds it, the gateway renders it once.
 */
export class AppError extends Error {
  readonly kind: ErrorKind;
  readonly reason: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly violations: readonly FieldViolation[];
  readonly retryAfterMs: number | undefined;

  constructor(init: AppErrorInit) {
    super(init.message ?? init.reason, init.cause === undefined ? undefined : { cause: init.cause });
    this.name = 'AppError';
    this.kind = init.kind;
    this.reason = init.reason;
    this.metadata = init.metadata ?? {};
    this.violations = init.violations ?? [];
    this.retryAfterMs = init.retryAfterMs;
  }
}

export function isAppError(value: unknown): value is AppError {
  return value instanceof AppError;
}
