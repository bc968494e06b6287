import { status } from '@grpc/grpc-js';
import type { ErrorKind } from '@portal/errors';

const kinds: Readonly<Record<ErrorKind, status>> = {
  CANCELLED: status.CANCELLED,
  INVALID_ARGUMENT: status.INVALID_ARGUMENT,
  DEADLINE_EXCEEDED: status.DEADLINE_EXCEEDED,
  NOT_FOUND: status.NOT_FOUND,
  ALREADY_EXISTS: status.ALREADY_EXISTS,
  PERMISSION_DENIED: status.PERMISSION_DENIED,
  RESOURCE_EXHAUSTED: status.RESOURCE_EXHAUSTED,
  FAILED_PRECONDITION: status.FAILED_PRECONDITION,
  ABORTED: status.ABORTED,
  OUT_OF_RANGE: status.OUT_OF_RANGE,
  UNIMPLEMENTED: status.UNIMPLEMENTED,
  INTERNAL: status.INTERNAL,
  UNAVAILABLE: status.UNAVAILABLE,
  DATA_LOSS: status.DATA_LOSS,
  UNAUTHENTICATED: status.UNAUTHENTICATED,
};

const kindsByCode = new Map<number, ErrorKind>(Object.entries(kinds).map(([kind, code]) => [code, kind as ErrorKind]));

export function codeOfKind(kind: ErrorKind): status {
  return kinds[kind];
}

/** UNKNOWN and codes that gRPC does not define are faults of the server that sent them: INTERNAL. */
export function kindOfCode(code: number): ErrorKind {
  return kindsByCode.get(code) ?? 'INTERNAL';
}
