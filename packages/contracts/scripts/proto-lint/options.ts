import protobuf from 'protobufjs';
import { listOf } from '../../src/options.ts';
import type { Report } from './report.ts';

/** The messages behind our options: the parser takes any name, so that a misspelt rule would silently not hold. */
const optionTypes: Readonly<Record<string, string>> = {
  '(portal.options.v1.rule)': 'portal.options.v1.FieldRule',
  '(portal.options.v1.access)': 'portal.options.v1.AccessRule',
  '(portal.options.v1.role)': 'portal.options.v1.RoleRule',
  '(google.api.http)': 'google.api.HttpRule',
};

/** Checks the options of a declaration, and of the fields of a message, against the messages that define them. */
export function checkOptions(item: protobuf.ReflectionObject, report: Report): void {
  const owners = item instanceof protobuf.Type ? [item, ...item.fieldsArray] : [item];
  for (const owner of owners) {
    for (const statement of (owner.parsedOptions ?? []) as unknown as Record<string, unknown>[]) {
      for (const [name, value] of Object.entries(statement)) checkOption(owner, name, value, report);
    }
  }
}

function checkOption(owner: protobuf.ReflectionObject, name: string, value: unknown, report: Report): void {
  const typeName = Object.hasOwn(optionTypes, name) ? optionTypes[name] : undefined;
  if (typeName !== undefined) checkValue(owner, owner.root.lookupType(typeName), value, report);
  // Options without parentheses are the language's own: deprecated, packed, …
  else if (name.startsWith('(')) report(owner, `unknown option ${name}`);
}

function checkValue(owner: protobuf.ReflectionObject, type: protobuf.Type, value: unknown, report: Report): void {
  if (typeof value !== 'object' || value === null) {
    report(owner, `${type.name} must be given as { … }`);
    return;
  }
  for (const [name, own] of Object.entries(value)) {
    const field = Object.hasOwn(type.fields, name) ? type.fields[name]?.resolve() : undefined;
    if (field === undefined) {
      report(owner, `${type.name} has no ${name}`);
      continue;
    }
    const items = listOf<unknown>(own);
    if (items.length > 1 && !field.repeated) report(owner, `${name} is given more than once`);
    for (const item of items) {
      if (field.resolvedType instanceof protobuf.Type) checkValue(owner, field.resolvedType, item, report);
      else if (!fits(field, item)) report(owner, `${name} cannot be ${JSON.stringify(item)}`);
    }
  }
}

function fits(field: protobuf.Field, value: unknown): boolean {
  if (field.resolvedType instanceof protobuf.Enum) return Object.hasOwn(field.resolvedType.values, String(value));
  if (field.type === 'bool') return typeof value === 'boolean';
  if (field.type === 'string') return typeof value === 'string';
  return typeof value === 'number' && (field.type === 'double' || (Number.isInteger(value) && value >= 0));
}
