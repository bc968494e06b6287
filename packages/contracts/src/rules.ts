import type { FieldViolation } from '@portal/errors';
import type protobuf from 'protobufjs';
import { isCivilDate } from './civil-date.ts';
import type { CivilDate } from './civil-date.ts';
import { joinPath, planOf } from './fields.ts';
import type { FieldPlan, Kind } from './fields.ts';
import { optionsOf } from './options.ts';
import { findTextProblem } from './text.ts';
import type { TextForm } from './text.ts';

/** Limits of one field, as (portal.options.v1.rule) gives them; lengths in code points, bounds inclusive. */
export interface FieldRule {
  required: boolean;
  minLen?: number;
  maxLen?: number;
  /** Source of the pattern that the whole value matches. */
  pattern?: string;
  gte?: number;
  lte?: number;
  minItems?: number;
  maxItems?: number;
  /** Text for people; `normalizeMessage` brings it to its form. */
  text?: TextForm;
}

interface CompiledRule extends FieldRule {
  whole?: RegExp;
}

const rules = new WeakMap<protobuf.Field, CompiledRule>();

/** The rule of a field; one that allows everything when the field has none. */
export function fieldRuleOf(field: protobuf.Field): FieldRule {
  return compiledRuleOf(field);
}

/**
 * Checks a message in proto-loader's shape against the field rules of its type, nested messages included.
 * Empty when all hold. Reasons: REQUIRED TOO_SHORT TOO_LONG PATTERN TOO_SMALL TOO_LARGE TOO_FEW TOO_MANY; for text that
 * `normalizeMessage` could not mend COMBINING_MARK CONTROL_CHARACTER; and for what only the wire can bring in:
 * UNKNOWN_ENUM_VALUE (a number without a name), INVALID_DATE (no such day).
 */
export function validateMessage(type: protobuf.Type, value: object): FieldViolation[] {
  const violations: FieldViolation[] = [];
  validate(type, value, '', violations);
  return violations;
}

function validate(type: protobuf.Type, value: object, path: string, violations: FieldViolation[]): void {
  for (const plan of planOf(type).values()) {
    const fieldValue: unknown = Object.hasOwn(value, plan.name)
      ? (value as Record<string, unknown>)[plan.name]
      : undefined;
    validateField(plan, fieldValue, joinPath(path, plan.name), violations);
  }
}

function validateField(plan: FieldPlan, value: unknown, path: string, violations: FieldViolation[]): void {
  const rule = compiledRuleOf(plan.field);
  const report = reporter(violations);
  if (plan.shape === 'single') {
    const unset = isUnset(plan, value);
    if (unset && rule.required) report(path, 'REQUIRED', 'must be set');
    // 0 is a number like any other, unless the field is `optional` and so can be without one.
    else if (!unset || (isNumber(plan.kind) && plan.oneof === undefined))
      validateItem(plan, rule, value ?? 0, path, violations);
    return;
  }
  const entries: [string | number, unknown][] =
    plan.shape === 'list'
      ? ((value ?? []) as unknown[]).map((item, index) => [index, item])
      : Object.entries(value ?? {});
  if (rule.required && entries.length === 0) report(path, 'REQUIRED', 'must have an item');
  else if (entries.length < (rule.minItems ?? 0)) report(path, 'TOO_FEW', `needs ${rule.minItems} items`);
  if (entries.length > (rule.maxItems ?? Infinity)) {
    // No word about each of a million items.
    report(path, 'TOO_MANY', `has ${entries.length} items, at most ${rule.maxItems} are allowed`);
    return;
  }
  for (const [key, item] of entries) validateItem(plan, rule, item, joinPath(path, key), violations);
}

function validateItem(
  { kind }: FieldPlan,
  rule: CompiledRule,
  value: unknown,
  path: string,
  violations: FieldViolation[],
): void {
  const report = reporter(violations);
  switch (kind.name) {
    case 'message':
      if (typeof value === 'object' && value !== null) validate(kind.type, value, path, violations);
      return;
    case 'date':
      if (!isCivilDate(value as CivilDate)) report(path, 'INVALID_DATE', 'no such day');
      return;
    case 'enum':
      if (typeof value === 'number' && !kind.names.has(value))
        report(path, 'UNKNOWN_ENUM_VALUE', `${value} has no name`);
      return;
    case 'string': {
      const text = String(value);
      const length = countCodePoints(text);
      if (length < (rule.minLen ?? 0)) report(path, 'TOO_SHORT', `has ${length} characters, needs ${rule.minLen}`);
      if (length > (rule.maxLen ?? Infinity)) {
        report(path, 'TOO_LONG', `has ${length} characters, at most ${rule.maxLen} are allowed`);
      } else if (rule.whole?.test(text) === false) {
        // Only within max_len: the time a pattern may take stays bounded.
        report(path, 'PATTERN', `must match ${rule.pattern}`);
      }
      const problem = rule.text && findTextProblem(text, rule.text);
      if (problem !== undefined) report(path, problem, 'holds a character that text must not hold');
      return;
    }
    case 'bytes': {
      const { length } = value as Uint8Array;
      if (length < (rule.minLen ?? 0)) report(path, 'TOO_SHORT', `has ${length} bytes, needs ${rule.minLen}`);
      if (length > (rule.maxLen ?? Infinity)) report(path, 'TOO_LONG', `has ${length} bytes, at most ${rule.maxLen}`);
      return;
    }
    case 'int32':
    case 'int64':
    case 'float':
    case 'double': {
      const number = Number(value);
      // Written so that NaN breaks every bound.
      if (rule.gte !== undefined && !(number >= rule.gte)) report(path, 'TOO_SMALL', `must be at least ${rule.gte}`);
      if (rule.lte !== undefined && !(number <= rule.lte)) report(path, 'TOO_LARGE', `must be at most ${rule.lte}`);
      return;
    }
    case 'bool':
    case 'timestamp':
  }
}

/** An absent value, or the zero that stands for one in a field without presence. */
function isUnset({ kind, oneof }: FieldPlan, value: unknown): boolean {
  if (value === undefined || value === null) return true;
  if (oneof !== undefined) return false;
  switch (kind.name) {
    case 'string':
      return value === '';
    case 'bytes':
      return (value as Uint8Array).length === 0;
    case 'bool':
      return value === false;
    case 'enum':
      return value === kind.zero || value === 0;
    default:
      return isNumber(kind) && Number(value) === 0;
  }
}

function isNumber({ name }: Kind): boolean {
  return name === 'int32' || name === 'int64' || name === 'float' || name === 'double';
}

function compiledRuleOf(field: protobuf.Field): CompiledRule {
  let rule = rules.get(field);
  if (rule === undefined) {
    const [option = {}] = optionsOf(field, 'portal.options.v1.rule');
    const { pattern } = option;
    rule = {
      required: option.required === true,
      ...(typeof option.min_len === 'number' && { minLen: option.min_len }),
      ...(typeof option.max_len === 'number' && { maxLen: option.max_len }),
      ...(typeof pattern === 'string' && { pattern, whole: new RegExp(`^(?:${pattern})$`, 'u') }),
      ...(typeof option.gte === 'number' && { gte: option.gte }),
      ...(typeof option.lte === 'number' && { lte: option.lte }),
      ...(typeof option.min_items === 'number' && { minItems: option.min_items }),
      ...(typeof option.max_items === 'number' && { maxItems: option.max_items }),
      ...((option.text === 'TEXT_LINE' || option.text === 'TEXT_BLOCK') && { text: option.text }),
    };
    rules.set(field, rule);
  }
  return rule;
}

function reporter(violations: FieldViolation[]): (field: string, reason: string, description: string) => void {
  return (field, reason, description) => violations.push({ field, reason, description });
}

function countCodePoints(text: string): number {
  let count = 0;
  for (let index = 0; index < text.length; count += 1) index += (text.codePointAt(index) ?? 0) > 0xffff ? 2 : 1;
  return count;
}
