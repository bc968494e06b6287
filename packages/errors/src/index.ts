export { AppError, isAppError } from './app-error.ts';
export type { AppErrorInit, ErrorKind, FieldViolation } from './app-error.ts';
export {
  aborted,
  alreadyExists,
  failedPrecondition,
  internal,
  invalidArgument,
  notFound,
  permissionDenied,
  resourceExhausted,
  unauthenticated,
  unavailable,
} from './kinds.ts';
