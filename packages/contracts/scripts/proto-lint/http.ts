import protobuf from 'protobufjs';
import { listOf, optionsOf } from '../../src/options.ts';
import type { Report } from './report.ts';

const methods = ['get', 'post', 'put', 'patch', 'delete'] as const;

/** Checks the HTTP bindings of one rpc after the other, and that no two share a path. */
export function createHttpCheck(report: Report): (rpc: protobuf.Method) => void {
  const taken = new Map<string, protobuf.Method>();

  function checkBinding(rpc: protobuf.Method, rule: Record<string, unknown>): void {
    const method = methods.find((name) => Object.hasOwn(rule, name));
    if (method === undefined) {
      report(rpc, 'an HTTP binding needs get, post, put, patch or delete');
      return;
    }
    const path = String(rule[method]);
    if (!/^\/api\/v1(?:\/(?:[a-z][a-z0-9-]*|\{[a-z][a-z0-9_]*\}))+(?::[a-z][a-zA-Z]*)?$/.test(path)) {
      report(rpc, `${path} must be /api/v1/ with lower-case words, {fields} and at most one :verb at the end`);
    }
    const shape = `${method} ${path.replaceAll(/\{[^}]*\}/g, '{}')}`;
    const other = taken.get(shape);
    if (other !== undefined) report(rpc, `${path} is the path of ${other.name} already`);
    taken.set(shape, rpc);
    const pathFields = [...path.matchAll(/\{([^}]*)\}/g)].map(([, name = '']) => name);
    for (const name of pathFields) checkPathField(rpc, name, report);
    checkBody(rpc, method, rule.body, pathFields, report);
    if (Object.hasOwn(rule, 'response_body')) report(rpc, 'response_body is not supported');
    for (const more of listOf<Record<string, unknown>>(rule.additional_bindings)) checkBinding(rpc, more);
  }

  return (rpc) => {
    const rules = optionsOf(rpc, 'google.api.http');
    if (rules.length > 1) report(rpc, 'further HTTP bindings are additional_bindings of the first');
    for (const rule of rules) checkBinding(rpc, rule);
  };
}

function checkPathField(rpc: protobuf.Method, name: string, report: Report): void {
  const field = fieldOf(rpc, name);
  if (field === undefined) report(rpc, `{${name}} is no field of the request`);
  else if (field.repeated || field.map || field.resolvedType instanceof protobuf.Type) {
    report(rpc, `{${name}} must be a single plain value`);
  }
}

function checkBody(
  rpc: protobuf.Method,
  method: (typeof methods)[number],
  body: unknown,
  pathFields: readonly string[],
  report: Report,
): void {
  const takesBody = method === 'post' || method === 'put' || method === 'patch';
  if (takesBody !== (typeof body === 'string')) {
    report(rpc, `${method} ${takesBody ? 'needs' : 'has no'} body`);
    return;
  }
  if (body === '*' && method !== 'patch') return;
  if (typeof body === 'string') {
    const field = fieldOf(rpc, body);
    if (!(field?.resolvedType instanceof protobuf.Type) || field.repeated)
      report(rpc, `body ${body} must be a message of the request`);
    const mask = fieldOf(rpc, 'update_mask')?.resolvedType?.fullName;
    if (method === 'patch' && mask !== '.google.protobuf.FieldMask') {
      report(rpc, 'patch needs google.protobuf.FieldMask update_mask, the keys of its body');
    }
  }
  const inQuery = (rpc.resolvedRequestType?.fieldsArray ?? []).filter(
    ({ name }) => !pathFields.includes(name) && name !== body && !(method === 'patch' && name === 'update_mask'),
  );
  for (const field of inQuery) {
    const type = field.resolve().resolvedType;
    const isText =
      !(type instanceof protobuf.Type) || ['.google.protobuf.Timestamp', '.google.type.Date'].includes(type.fullName);
    if (field.map || !isText) report(rpc, `${field.name} does not fit into a query`);
  }
}

function fieldOf(rpc: protobuf.Method, name: string): protobuf.Field | undefined {
  const fields = rpc.resolvedRequestType?.fields ?? {};
  return Object.hasOwn(fields, name) ? fields[name]?.resolve() : undefined;
}
