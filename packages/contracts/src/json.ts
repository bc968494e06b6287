import { internal, invalidArgument } from '@portal/errors';
import type { FieldViolation } from '@portal/errors';
import type protobuf from 'protobufjs';
import { decodeMessage } from './json-decode.ts';
import { encodeMessage } from './json-encode.ts';
import type { JsonObject } from './json-value.ts';
import { protoRoot } from './root.ts';

/**
 * A message as JSON: Timestamp as RFC 3339, google.type.Date as `YYYY-MM-DD`, 64-bit integers as strings, enums by name,
 * bytes as base64; unset messages, `optional` and oneof members are left out, everything else is there.
 * `type` is a full name (`portal.content.v1.Post`). Throws INTERNAL `MESSAGE_INVALID` for a value the type cannot hold.
 */
export function toJson(type: string | protobuf.Type, value: object): JsonObject {
  const resolved = typeOf(type);
  try {
    return encodeMessage(resolved, value);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw internal('MESSAGE_INVALID', { message: `${resolved.fullName.slice(1)}: ${reason}`, cause });
  }
}

export interface FromJsonOptions {
  /** What to do about unknown fields and enum names: REST refuses them, event consumers ignore them. */
  unknown: 'refuse' | 'ignore';
}

/**
 * JSON as a message in proto-loader's shape: defaults filled in, Timestamp as Date, as if it had come over gRPC.
 * Throws INVALID_ARGUMENT `INVALID_REQUEST` with one violation per fault (20 at most) for anything else. Reasons:
 * UNKNOWN_FIELD WRONG_TYPE UNKNOWN_ENUM_VALUE INVALID_TIMESTAMP INVALID_DATE OUT_OF_RANGE DUPLICATE_ONEOF.
 */
export function fromJson(type: string | protobuf.Type, json: unknown, options: FromJsonOptions): object {
  const violations: FieldViolation[] = [];
  const message = decodeMessage(typeOf(type), json, { ...options, violations });
  if (violations.length > 0) throw invalidArgument('INVALID_REQUEST', { violations, message: summaryOf(violations) });
  return message;
}

function typeOf(type: string | protobuf.Type): protobuf.Type {
  return typeof type === 'string' ? protoRoot().lookupType(type) : type;
}

function summaryOf(violations: readonly FieldViolation[]): string {
  return violations.map(({ field, reason }) => `${field}: ${reason}`).join(', ');
}
