import { AppError, isAppError } from '@portal/errors';
import type { ErrorKind } from '@portal/errors';
import { isOurFault, textOf, violationText } from '../messages/catalogue.ts';
import type { Language } from '../messages/catalogue.ts';

/** Problem details (RFC 9457). */
interface Problem {
  /** `urn:portal:error:STALE_VERSION` */
  type: string;
  title: string;
  status: number;
  detail: string;
  reason: string;
  requestId: string;
  violations?: { field: string; reason: string; detail: string }[];
}

export interface ProblemAnswer {
  status: number;
  headers: Readonly<Record<string, string>>;
  body: Problem;
}

const statusOfKind: Readonly<Record<ErrorKind, number>> = {
  CANCELLED: 499,
  INVALID_ARGUMENT: 400,
  OUT_OF_RANGE: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  NOT_FOUND: 404,
  ALREADY_EXISTS: 409,
  ABORTED: 409,
  // The request is right and another state would allow it: that is what 409 says (RFC 9110 section 15.5.10).
  FAILED_PRECONDITION: 409,
  RESOURCE_EXHAUSTED: 429,
  INTERNAL: 500,
  DATA_LOSS: 500,
  UNIMPLEMENTED: 501,
  UNAVAILABLE: 503,
  DEADLINE_EXCEEDED: 504,
};

/** Where HTTP is finer than the kinds. */
const statusOfReason: Readonly<Record<string, number>> = {
  BODY_TOO_LARGE: 413,
  REQUEST_TOO_LARGE: 413,
  METADATA_TOO_LARGE: 431,
  UNSUPPORTED_MEDIA_TYPE: 415,
  CONTENT_ENCODING_UNSUPPORTED: 415,
  METHOD_NOT_ALLOWED: 405,
};

/** The one place where errors of the API get their shape. Whatever is no AppError is a fault of ours. */
export function toProblem(error: unknown, requestId: string, language: Language): ProblemAnswer {
  const known = isAppError(error) ? error : new AppError({ kind: 'INTERNAL', reason: 'INTERNAL' });
  const reason = isOurFault(known.kind) ? known.kind : known.reason;
  const status =
    (Object.hasOwn(statusOfReason, reason) ? statusOfReason[reason] : undefined) ?? statusOfKind[known.kind];
  const violations = known.violations.map((violation) => ({
    field: violation.field,
    reason: violation.reason,
    detail: violationText(violation.reason, language),
  }));
  const body = {
    type: `urn:portal:error:${reason}`,
    ...textOf(known, language),
    ...{ status, reason, requestId },
    ...(violations.length > 0 && !isOurFault(known.kind) ? { violations } : {}),
  };
  return { status, headers: headersOf(known, language), body };
}

function headersOf({ kind, reason, metadata, retryAfterMs }: AppError, language: Language): Record<string, string> {
  const headers: Record<string, string> = {
    'content-type': 'application/problem+json; charset=utf-8',
    'content-language': language,
    vary: 'accept-language',
    'cache-control': 'no-store',
  };
  if (kind === 'UNAUTHENTICATED') {
    // RFC 6750 section 3: no error code where no token was sent.
    headers['www-authenticate'] = `Bearer realm="portal"${reason === 'TOKEN_MISSING' ? '' : ', error="invalid_token"'}`;
  }
  if (reason === 'METHOD_NOT_ALLOWED' && metadata.allow !== undefined) headers.allow = metadata.allow;
  if (retryAfterMs !== undefined) headers['retry-after'] = String(Math.max(1, Math.ceil(retryAfterMs / 1000)));
  return headers;
}
