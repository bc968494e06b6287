import { AppError } from './app-error.ts';
import type { AppErrorInit, ErrorKind } from './app-error.ts';

type Rest = Omit<AppErrorInit, 'kind' | 'reason'>;

const of =
  (kind: ErrorKind) =>
  (reason: string, rest: Rest = {}): AppError =>
    new AppError({ kind, reason, ...rest });

/** The request itself is wrong, whatever the state. */
export const invalidArgument = of('INVALID_ARGUMENT');
/** It does not exist, or the caller may not know that it does: one and the same answer. */
export const notFound = of('NOT_FOUND');
export const alreadyExists = of('ALREADY_EXISTS');
/** The request is right but the state does not allow it; a retry alone will not help. */
export const failedPrecondition = of('FAILED_PRECONDITION');
/** A lost race or a stale etag: read again, decide again. */
export const aborted = of('ABORTED');
export const unauthenticated = of('UNAUTHENTICATED');
export const permissionDenied = of('PERMISSION_DENIED');
export const resourceExhausted = of('RESOURCE_EXHAUSTED');
/** A server behind us is away for now; the same call may work later. */
export const unavailable = of('UNAVAILABLE');
/** A fault of ours. The caller learns a request id and nothing more. */
export const internal = of('INTERNAL');
