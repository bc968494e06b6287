import { jsonNameOf } from '@portal/contracts';
import type { HttpBinding, JsonValue, Rpc } from '@portal/contracts';
import { invalidArgument } from '@portal/errors';
import type { FieldViolation } from '@portal/errors';

export interface RequestParts {
  /** Decoded path fields by proto name. */
  path: ReadonlyMap<string, string>;
  query: URLSearchParams;
  /** Value of the Content-Type header. */
  contentType?: string | undefined;
  /** The parsed body; undefined when the request has none. */
  body?: unknown;
}

const maskField = 'updateMask';

/**
 * Puts path, query and body together into the JSON of the request message, still unchecked but for the parts
 * themselves. Throws INVALID_ARGUMENT `UNSUPPORTED_MEDIA_TYPE` for a body that is not JSON, and `INVALID_REQUEST` with
 * the path of each part that has no place: UNKNOWN_FIELD, WRONG_TYPE, TOO_MANY, PATH_MISMATCH.
 */
export function requestJson(rpc: Rpc, binding: HttpBinding, parts: RequestParts): Record<string, unknown> {
  const violations: FieldViolation[] = [];
  const json = bodyJson(binding, parts, violations);
  addPath(rpc, parts.path, json, violations);
  addQuery(rpc, binding, parts, json, violations);
  if (binding.method === 'patch') addMask(parts.body, json, violations);
  if (violations.length > 0) throw invalidArgument('INVALID_REQUEST', { violations });
  return json;
}

function bodyJson(binding: HttpBinding, parts: RequestParts, violations: FieldViolation[]): Record<string, unknown> {
  const { body, contentType = '' } = parts;
  if (binding.body === undefined) {
    if (body !== undefined) violations.push(violation('', 'UNKNOWN_FIELD', 'this call takes no body'));
    return {};
  }
  if (!/^application\/json\s*(?:;\s*charset="?utf-8"?\s*)?$/i.test(contentType)) {
    throw invalidArgument('UNSUPPORTED_MEDIA_TYPE', { message: 'the body must be application/json' });
  }
  if (!isObject(body)) {
    const field = binding.body === '*' ? '' : jsonNameOf(binding.body);
    violations.push(violation(field, 'WRONG_TYPE', 'the body must be a JSON object'));
    return {};
  }
  // Spreading defines properties, so that a key `__proto__` stays a key, to be refused by its name.
  return binding.body === '*' ? { ...body } : { [jsonNameOf(binding.body)]: body };
}

function addPath(
  rpc: Rpc,
  path: ReadonlyMap<string, string>,
  json: Record<string, unknown>,
  violations: FieldViolation[],
): void {
  for (const [protoName, text] of path) {
    const name = jsonNameOf(protoName);
    const value = jsonOf(rpc, name, text);
    if (Object.hasOwn(json, name) && json[name] !== value) {
      violations.push(violation(name, 'PATH_MISMATCH', 'the path gives another value'));
    }
    json[name] = value;
  }
}

function addQuery(
  rpc: Rpc,
  binding: HttpBinding,
  { query, path }: RequestParts,
  json: Record<string, unknown>,
  violations: FieldViolation[],
): void {
  const taken = new Set([...path.keys()].map(jsonNameOf));
  if (binding.body !== undefined) taken.add(jsonNameOf(binding.body));
  for (const name of new Set(query.keys())) {
    const field = Object.hasOwn(rpc.request.fields, name) ? rpc.request.fields[name] : undefined;
    // With body `*` every field that is not in the path is in the body.
    if (field === undefined || binding.body === '*' || taken.has(name)) {
      violations.push(violation(name.slice(0, 64), 'UNKNOWN_FIELD', 'no such query key'));
      continue;
    }
    const values = query.getAll(name).map((text) => jsonOf(rpc, name, text));
    if (!field.repeated && values.length > 1) violations.push(violation(name, 'TOO_MANY', 'given more than once'));
    json[name] = field.repeated ? values : values[0];
  }
}

/** PATCH changes exactly what the body names: a key that is there with its zero clears, one left out stays. */
function addMask(body: unknown, json: Record<string, unknown>, violations: FieldViolation[]): void {
  if (Object.hasOwn(json, maskField)) violations.push(violation(maskField, 'UNKNOWN_FIELD', 'the body is the mask'));
  json[maskField] = { paths: isObject(body) ? Object.keys(body).map(protoNameOf) : [] };
}

/** Text of a path or query as the JSON that the field expects; what does not fit stays text, to be refused as such. */
function jsonOf(rpc: Rpc, name: string, text: string): JsonValue {
  switch (rpc.request.fields[name]?.type) {
    case 'bool':
      return text === 'true' ? true : text === 'false' ? false : text;
    case 'int32':
    case 'sint32':
    case 'uint32':
    case 'fixed32':
    case 'sfixed32':
    case 'float':
    case 'double':
      return /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(text) ? Number(text) : text;
    default:
      return text;
  }
}

/** `unitId` → `unit_id`, as FieldMask spells its paths. */
function protoNameOf(jsonName: string): string {
  return jsonName.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function violation(field: string, reason: string, description: string): FieldViolation {
  return { field, reason, description };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
