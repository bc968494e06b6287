import protobuf from 'protobufjs';
import { optionsOf } from '../../src/options.ts';
import type { Report } from './report.ts';

const numbers = /^(?:s|u)?int(?:32|64)$|^s?fixed(?:32|64)$|^float$|^double$/;

/** Everything that a request can carry has an upper bound; a rule fits the type of its field. */
export function checkLimits(request: protobuf.Type, report: Report): void {
  const seen = new Set<protobuf.Type>();
  const walk = (type: protobuf.Type): void => {
    if (seen.has(type) || type.fullName.startsWith('.google.')) return;
    seen.add(type);
    for (const field of type.fieldsArray) {
      checkField(field.resolve(), report);
      if (field.resolvedType instanceof protobuf.Type) walk(field.resolvedType);
    }
  };
  walk(request);
}

function checkField(field: protobuf.Field, report: Report): void {
  const rules = optionsOf(field, 'portal.options.v1.rule');
  const [rule = {}] = rules;
  const has = (name: string): boolean => Object.hasOwn(rule, name);
  if (rules.length > 1) report(field, 'has more than one (portal.options.v1.rule)');
  const isText = field.type === 'string' || field.type === 'bytes';
  const isNumber = numbers.test(field.type);
  const isMany = field.repeated || field.map;
  if (isText && !has('max_len')) report(field, 'needs max_len');
  if (isNumber && !(has('gte') && has('lte'))) report(field, 'needs gte and lte');
  if (isMany && !has('max_items')) report(field, 'needs max_items');

  const misfits = [
    ...(isText ? [] : ['min_len', 'max_len']),
    ...(field.type === 'string' ? [] : ['pattern', 'text']),
    ...(isNumber ? [] : ['gte', 'lte']),
    ...(isMany ? [] : ['min_items', 'max_items']),
  ];
  for (const name of misfits.filter(has)) report(field, `${name} means nothing here`);
  for (const [low, high] of [
    ['min_len', 'max_len'],
    ['gte', 'lte'],
    ['min_items', 'max_items'],
  ] as const) {
    if (Number(rule[low]) > Number(rule[high])) report(field, `${low} is above ${high}`);
  }
  if (typeof rule.pattern === 'string') checkPattern(field, rule.pattern, report);
}

function checkPattern(field: protobuf.Field, pattern: string, report: Report): void {
  try {
    new RegExp(`^(?:${pattern})$`, 'u');
  } catch {
    report(field, 'pattern is no regular expression');
    return;
  }
  // What RE2 lacks is what can take exponential time.
  if (/\(\?(?:[=!]|<[=!])|\\[1-9]|\\k</.test(pattern)) report(field, 'pattern has a look-around or back-reference');
  if (/^\^|(?<!\\)\$$/.test(pattern)) report(field, 'pattern holds for the whole value, without ^ and $');
}
