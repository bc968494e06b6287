import { protoRoot } from '@portal/contracts';
import { AppError } from '@portal/errors';
import type { FieldViolation } from '@portal/errors';
import { codeOfKind, kindOfCode } from './grpc-status.ts';
import { statusBytesMax } from './limits.ts';

/** An AppError as google.rpc.Status with ErrorInfo, BadRequest and RetryInfo (google/rpc/error_details.proto). */

const typeUrlPrefix = 'type.googleapis.com/';
const messageMax = 500;

interface ErrorInfo {
  reason: string;
  domain: string;
  metadata: Record<string, string>;
}
interface BadRequest {
  fieldViolations: FieldViolation[];
}
interface RetryInfo {
  retryDelay: { seconds: number; nanos: number } | null;
}
interface Details {
  'google.rpc.ErrorInfo': ErrorInfo;
  'google.rpc.BadRequest': BadRequest;
  'google.rpc.RetryInfo': RetryInfo;
}
type DetailName = keyof Details;
type Detail = { [N in DetailName]: { name: N; value: Details[N] } }[DetailName];

interface Status {
  code: number;
  message: string;
  details: { type_url: string; value: Uint8Array }[];
}

/**
 * The error as bytes of `grpc-status-details-bin`; `domain` names the service whose reason it is.
 * What does not fit into statusBytesMax is left out from the end: violations first, then metadata.
 */
export function encodeStatusDetails(error: AppError, domain: string): Buffer {
  for (let keep = error.violations.length; keep > 0; keep = Math.floor(keep / 2)) {
    const bytes = encode(error, domain, error.violations.slice(0, keep), error.metadata);
    if (bytes.length <= statusBytesMax) return bytes;
  }
  const bytes = encode(error, domain, [], error.metadata);
  return bytes.length <= statusBytesMax ? bytes : encode(error, domain, [], {});
}

/** What `encodeStatusDetails` wrote; undefined for bytes that are not a status with an ErrorInfo. Never throws. */
export function findStatusDetails(bytes: Uint8Array): AppError | undefined {
  try {
    const status = fromBytes<Status>('google.rpc.Status', bytes);
    const info = findDetail(status, 'google.rpc.ErrorInfo');
    if (info === undefined || info.reason === '') return undefined;
    const violations = findDetail(status, 'google.rpc.BadRequest')?.fieldViolations ?? [];
    const delay = findDetail(status, 'google.rpc.RetryInfo')?.retryDelay;
    return new AppError({
      kind: kindOfCode(status.code),
      reason: info.reason,
      message: status.message,
      metadata: info.metadata,
      violations: violations.map(({ field, reason, description }) => ({ field, reason, description })),
      ...(delay ? { retryAfterMs: delay.seconds * 1_000 + Math.round(delay.nanos / 1e6) } : {}),
    });
  } catch {
    return undefined;
  }
}

function encode(
  error: AppError,
  domain: string,
  violations: readonly FieldViolation[],
  metadata: Readonly<Record<string, string>>,
): Buffer {
  const details: Detail[] = [
    { name: 'google.rpc.ErrorInfo', value: { reason: error.reason, domain, metadata: { ...metadata } } },
  ];
  if (violations.length > 0) {
    details.push({ name: 'google.rpc.BadRequest', value: { fieldViolations: [...violations] } });
  }
  if (error.retryAfterMs !== undefined) {
    const seconds = Math.floor(error.retryAfterMs / 1_000);
    const nanos = Math.round(error.retryAfterMs % 1_000) * 1e6;
    details.push({ name: 'google.rpc.RetryInfo', value: { retryDelay: { seconds, nanos } } });
  }
  const status: Status = {
    code: codeOfKind(error.kind),
    message: error.message.slice(0, messageMax).toWellFormed(),
    details: details.map(({ name, value }) => ({ type_url: typeUrlPrefix + name, value: toBytes(name, value) })),
  };
  return toBytes('google.rpc.Status', status);
}

function findDetail<N extends DetailName>(status: Status, name: N): Details[N] | undefined {
  const any = status.details.find((detail) => detail.type_url === typeUrlPrefix + name);
  return any === undefined ? undefined : fromBytes<Details[N]>(name, any.value);
}

function toBytes(name: string, value: object): Buffer {
  const type = protoRoot().lookupType(name);
  return Buffer.from(type.encode(type.fromObject(value)).finish());
}

function fromBytes<T>(name: string, bytes: Uint8Array): T {
  const type = protoRoot().lookupType(name);
  return type.toObject(type.decode(bytes), { longs: Number, defaults: true }) as T;
}
