import type { Rpc } from '@portal/contracts';
import protobuf from 'protobufjs';

export interface Written {
  method: string;
  url: string;
  body?: unknown;
  /** What the rpc receives: fields that a binding has no place for are at their defaults. */
  expected: object;
}

/** Writes a message as an HTTP request, without the code under test; undefined when a path cannot hold its values. */
export function writeRequest(rpc: Rpc, index: number, message: Record<string, unknown>): Written | undefined {
  const binding = rpc.http[index];
  if (binding === undefined) throw new Error('no such binding');
  const json = plainJson(rpc.request, message);
  const expected = { ...message };
  let url = binding.path;
  const inPath = new Set<string>();
  for (const field of rpc.request.fieldsArray) {
    const placeholder = `{${field.name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}}`;
    if (!url.includes(placeholder)) continue;
    const value = String(json[field.name]);
    if (value === '' || value === '.' || value === '..' || /[/\\\p{Cc}]/u.test(value)) return undefined;
    url = url.replace(placeholder, () => encodeURIComponent(value));
    inPath.add(field.name);
  }
  const method = binding.method.toUpperCase();
  const rest = Object.entries(json).filter(([name]) => !inPath.has(name) && name !== binding.body);
  if (binding.body === '*') return { method, url, body: Object.fromEntries(rest), expected };

  const query = new URLSearchParams();
  for (const [name, value] of rest) {
    if (binding.method === 'patch' && name === 'updateMask') continue;
    for (const item of Array.isArray(value) ? value : [value]) query.append(name, String(item));
  }
  const withQuery = query.size === 0 ? url : `${url}?${query.toString()}`;
  if (binding.body === undefined) return { method, url: withQuery, expected };
  const body = json[binding.body];
  if (body === undefined) return undefined;
  if (binding.method === 'patch') {
    const paths = Object.keys(body as object).map((name) =>
      name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    );
    expected.updateMask = { paths };
  }
  return { method, url: withQuery, body, expected };
}

/** A message as JSON by protobuf's rules, told by the type of each value alone. */
export function plainJson(type: protobuf.Type, message: Record<string, unknown>): Record<string, unknown> {
  const json: Record<string, unknown> = {};
  for (const field of type.fieldsArray) {
    const value = message[field.name];
    if (value === null || value === undefined) continue;
    const plain = (item: unknown): unknown => plainValue(field, item);
    if (Array.isArray(value)) json[field.name] = value.map(plain);
    else if (field.map)
      json[field.name] = Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
    else json[field.name] = plain(value);
  }
  return json;
}

function plainValue(field: protobuf.Field, value: unknown): unknown {
  if (value instanceof Date) return value.toISOString();
  if (Buffer.isBuffer(value)) return value.toString('base64');
  const { resolvedType } = field;
  if (!(resolvedType instanceof protobuf.Type)) return value;
  const object = value as Record<string, unknown>;
  if (resolvedType.fullName !== '.google.type.Date') return plainJson(resolvedType, object);
  return [
    String(object.year).padStart(4, '0'),
    ...[object.month, object.day].map((part) => String(part).padStart(2, '0')),
  ].join('-');
}
