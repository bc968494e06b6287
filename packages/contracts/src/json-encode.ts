import type protobuf from 'protobufjs';
import { formatCivilDate } from './civil-date.ts';
import type { CivilDate } from './civil-date.ts';
import { defaultOf, planOf } from './fields.ts';
import type { FieldPlan, Kind } from './fields.ts';
import type { JsonObject, JsonValue } from './json-value.ts';
import { isTimestamp } from './timestamp.ts';

/** Throws a TypeError or RangeError naming the field for a value that its type cannot hold. */
export function encodeMessage(type: protobuf.Type, value: object): JsonObject {
  const json: JsonObject = {};
  for (const plan of planOf(type).values()) {
    const own: unknown = Object.hasOwn(value, plan.name) ? (value as Record<string, unknown>)[plan.name] : undefined;
    const fieldValue = own ?? defaultOf(plan);
    if (fieldValue !== undefined && fieldValue !== null) json[plan.name] = encodeField(plan, fieldValue);
  }
  return json;
}

function encodeField({ name, shape, kind }: FieldPlan, value: unknown): JsonValue {
  if (shape === 'single') return encodeValue(kind, value, name);
  if (shape === 'list') {
    if (!Array.isArray(value)) throw new TypeError(`${name} is not a list`);
    return value.map((item: unknown) => encodeValue(kind, item, name));
  }
  if (typeof value !== 'object' || value === null) throw new TypeError(`${name} is not a map`);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, encodeValue(kind, item, name)]));
}

function encodeValue(kind: Kind, value: unknown, name: string): JsonValue {
  switch (kind.name) {
    case 'string':
      if (typeof value === 'string') return value;
      break;
    case 'bool':
      if (typeof value === 'boolean') return value;
      break;
    case 'bytes':
      if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
      break;
    case 'int32':
      if (typeof value === 'number' && Number.isInteger(value) && value >= kind.min && value <= kind.max) return value;
      break;
    case 'int64':
      if (/^-?\d+$/.test(String(value)) && BigInt(String(value)) >= kind.min && BigInt(String(value)) <= kind.max) {
        return String(value);
      }
      break;
    case 'float':
    case 'double':
      if (typeof value === 'number' && Number.isFinite(value)) return value;
      break;
    case 'enum':
      // A number is a value from a newer peer: it shows as the zero that every enum has for "something else".
      if (typeof value === 'number') return kind.names.get(value) ?? kind.zero;
      if (typeof value === 'string' && kind.numbers.has(value)) return value;
      break;
    case 'timestamp':
      if (isTimestamp(value)) return value.toISOString();
      break;
    case 'date':
      if (typeof value === 'object' && value !== null) return formatCivilDate(value as CivilDate);
      break;
    case 'message':
      if (typeof value === 'object' && value !== null) return encodeMessage(kind.type, value);
      break;
  }
  // The value itself stays out of the message: it may be anything a person typed.
  throw new TypeError(`${name} cannot hold this ${typeof value} as ${kind.name}`);
}
