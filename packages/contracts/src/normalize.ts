import type protobuf from 'protobufjs';
import { planOf } from './fields.ts';
import type { FieldPlan } from './fields.ts';
import { fieldRuleOf } from './rules.ts';
import { normalizeText } from './text.ts';

/**
 * Brings every field with a `text` rule to its one form, in place, nested messages included; before `validateMessage`,
 * so that lengths are those of what is kept and a title of spaces is an empty one.
 */
export function normalizeMessage(type: protobuf.Type, value: object): void {
  const fields = value as Record<string, unknown>;
  for (const plan of planOf(type).values()) {
    const held = Object.hasOwn(fields, plan.name) ? fields[plan.name] : undefined;
    if (held === undefined || held === null) continue;
    fields[plan.name] = mapItems(plan, held, (item) => normalizeItem(plan, item));
  }
}

function mapItems({ shape }: FieldPlan, value: unknown, change: (item: unknown) => unknown): unknown {
  if (shape === 'single') return change(value);
  if (shape === 'list') return (value as unknown[]).map(change);
  return Object.fromEntries(Object.entries(value as object).map(([key, item]) => [key, change(item)]));
}

function normalizeItem({ kind, field }: FieldPlan, value: unknown): unknown {
  if (kind.name === 'message') {
    if (typeof value === 'object' && value !== null) normalizeMessage(kind.type, value);
    return value;
  }
  const { text } = fieldRuleOf(field);
  return text !== undefined && typeof value === 'string' ? normalizeText(value, text) : value;
}
