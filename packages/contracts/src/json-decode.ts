import type { FieldViolation } from '@portal/errors';
import type protobuf from 'protobufjs';
import { parseCivilDate } from './civil-date.ts';
import { defaultOf, joinPath, planOf } from './fields.ts';
import type { FieldPlan, Kind } from './fields.ts';
import { parseTimestamp } from './timestamp.ts';

/** Deeper nesting than any form has; keeps hostile input off the stack. protobufjs itself stops at 100. */
const depthMax = 32;
const violationsMax = 20;

export interface DecodeContext {
  unknown: 'refuse' | 'ignore';
  /** Filled by the call; the result counts only when it stays empty. */
  violations: FieldViolation[];
}

/** Stands for a value that was refused (with a violation) or, in a list, is to be ignored. */
const none = Symbol('none');

export function decodeMessage(
  type: protobuf.Type,
  json: unknown,
  context: DecodeContext,
  path = '',
  depth = 0,
): object {
  const message: Record<string, unknown> = {};
  const plans = planOf(type);
  if (!isJsonObject(json)) report(context, path, 'WRONG_TYPE', 'must be an object');
  else if (depth > depthMax) report(context, path, 'OUT_OF_RANGE', `nested deeper than ${depthMax}`);
  else {
    if (context.unknown === 'refuse') refuseUnknown(plans, json, context, path);
    for (const plan of plans.values()) {
      // Own keys only: a field may be called `constructor`, and JSON may hold `__proto__`.
      const value: unknown = Object.hasOwn(json, plan.name) ? json[plan.name] : undefined;
      const fieldPath = joinPath(path, plan.name);
      const decoded =
        value === undefined || value === null ? none : decodeField(plan, value, context, fieldPath, depth);
      const result = decoded === none ? defaultOf(plan) : decoded;
      if (result === undefined) continue;
      if (plan.oneof !== undefined) {
        if (Object.hasOwn(message, plan.oneof)) {
          report(context, fieldPath, 'DUPLICATE_ONEOF', `${String(message[plan.oneof])} is set already`);
        }
        message[plan.oneof] = plan.name;
      }
      message[plan.name] = result;
    }
  }
  return message;
}

function refuseUnknown(
  plans: ReadonlyMap<string, FieldPlan>,
  json: object,
  context: DecodeContext,
  path: string,
): void {
  for (const key of Object.keys(json)) {
    if (!plans.has(key)) report(context, joinPath(path, key), 'UNKNOWN_FIELD', 'no such field');
    if (context.violations.length >= violationsMax) return;
  }
}

function decodeField(plan: FieldPlan, value: unknown, context: DecodeContext, path: string, depth: number): unknown {
  const { shape, kind, keyKind } = plan;
  if (shape === 'single') return decodeValue(kind, value, context, path, depth);
  if (shape === 'list') {
    if (!Array.isArray(value)) return report(context, path, 'WRONG_TYPE', 'must be a list');
    const items: unknown[] = [];
    for (const [index, item] of value.entries()) {
      const decoded = decodeValue(kind, item, context, joinPath(path, index), depth);
      if (decoded !== none) items.push(decoded);
      if (context.violations.length >= violationsMax) break;
    }
    return items;
  }
  if (!isJsonObject(value)) return report(context, path, 'WRONG_TYPE', 'must be an object');
  const map: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    const keyPath = joinPath(path, key);
    if (!isMapKey(keyKind, key)) report(context, keyPath, 'WRONG_TYPE', 'not a key of this map');
    else {
      const decoded = decodeValue(kind, item, context, keyPath, depth);
      if (decoded !== none) map[key] = decoded;
    }
    if (context.violations.length >= violationsMax) break;
  }
  return map;
}

function decodeValue(kind: Kind, value: unknown, context: DecodeContext, path: string, depth: number): unknown {
  const wrong = (expected: string): typeof none => report(context, path, 'WRONG_TYPE', `must be ${expected}`);
  switch (kind.name) {
    case 'string':
      if (typeof value !== 'string') return wrong('a string');
      // A lone surrogate has no UTF-8: the wire would carry another text than the one that was checked.
      return value.isWellFormed() ? value : wrong('well-formed Unicode');
    case 'bool':
      return typeof value === 'boolean' ? value : wrong('true or false');
    case 'bytes':
      return (typeof value === 'string' ? parseBase64(value) : undefined) ?? wrong('base64');
    case 'int32':
      if (typeof value !== 'number' || Number.isNaN(value)) return wrong('a number');
      if (!isWithin(kind, value)) return outOfRange(context, path);
      return Number.isInteger(value) ? value + 0 : wrong('a whole number');
    case 'int64':
      return decodeInt64(kind, value, context, path);
    case 'float':
    case 'double': {
      if (typeof value !== 'number' || Number.isNaN(value)) return wrong('a number');
      // A float arrives rounded to 32 bits, or not at all. Adding 0 turns -0, which JSON does not keep, into 0.
      const number = (kind.name === 'float' ? Math.fround(value) : value) + 0;
      return Number.isFinite(number) ? number : outOfRange(context, path);
    }
    case 'enum':
      if (typeof value !== 'string') return wrong('the name of a value');
      if (kind.numbers.has(value)) return value;
      if (context.unknown === 'ignore') return none;
      return report(context, path, 'UNKNOWN_ENUM_VALUE', 'no such value');
    case 'timestamp':
      if (typeof value !== 'string') return wrong('an RFC 3339 time');
      return parseTimestamp(value) ?? report(context, path, 'INVALID_TIMESTAMP', 'must be an RFC 3339 time');
    case 'date':
      if (typeof value !== 'string') return wrong('a date, YYYY-MM-DD');
      return parseCivilDate(value) ?? report(context, path, 'INVALID_DATE', 'must be a day that exists, YYYY-MM-DD');
    case 'message':
      return decodeMessage(kind.type, value, context, path, depth + 1);
  }
}

function decodeInt64(
  kind: { min: bigint; max: bigint },
  value: unknown,
  context: DecodeContext,
  path: string,
): unknown {
  // A JSON number is exact up to 2^53 only; beyond, the parser has rounded it already.
  const text = typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value;
  if (typeof text === 'number' && !Number.isNaN(text) && !(Math.abs(text) <= Number.MAX_SAFE_INTEGER)) {
    return outOfRange(context, path);
  }
  if (typeof text !== 'string' || !/^(?:0|-?[1-9]\d*)$/.test(text)) {
    return report(context, path, 'WRONG_TYPE', 'must be a whole number, as a string');
  }
  // 20 characters hold every 64-bit number; BigInt takes its time over a million digits.
  const fits = text.length <= 20 && BigInt(text) >= kind.min && BigInt(text) <= kind.max;
  return fits ? text : outOfRange(context, path);
}

function outOfRange(context: DecodeContext, path: string): typeof none {
  return report(context, path, 'OUT_OF_RANGE', 'outside the range of its type');
}

function report(context: DecodeContext, field: string, reason: string, description: string): typeof none {
  if (context.violations.length < violationsMax) context.violations.push({ field, reason, description });
  return none;
}

function isJsonObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isMapKey(kind: Kind | undefined, key: string): boolean {
  if (kind?.name === 'int32') return /^(?:0|-?[1-9]\d{0,9})$/.test(key) && isWithin(kind, Number(key));
  // Assigned to an object, this one key would replace its prototype.
  return key !== '__proto__' && key.isWellFormed();
}

function isWithin({ min, max }: { min: bigint; max: bigint }, value: number): boolean {
  return value >= min && value <= max;
}

function parseBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  // Node skips what it does not know; only what reads back the same is base64.
  return bytes.toString('base64') === text ? bytes : undefined;
}
