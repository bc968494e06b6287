import fc from 'fast-check';
import { fieldRuleOf, protoRoot, validateMessage } from '../src/index.ts';
import { sampleRoot } from './testing.ts';

const ruled = sampleRoot().lookupType('sample.v1.Ruled');
const every = sampleRoot().lookupType('sample.v1.Every');

interface Ruled {
  name: string;
  code: string;
  count: number;
  size: string;
  ratio: number;
  colour: string | number;
  agreed: boolean;
  tags: string[];
  parts: Ruled[];
  labels: Record<string, string>;
  part: Ruled | null;
  level?: number;
  note?: string;
  data: Uint8Array;
  due: Date | null;
  person?: string;
  seat?: number;
  needed: number;
  free: string;
}

// A character outside the basic plane counts as one, an accent that stands alone as one of its own.
const smallText = fc
  .array(fc.constantFrom('a', 'b', 'é', '😀', 'Z', '\n', '\u0301'), { maxLength: 5 })
  .map((s) => s.join(''));
const smallNumber = fc.integer({ min: -3, max: 4 });

const { message } = fc.letrec<{ message: Ruled }>((tie) => ({
  message: fc.record(
    {
      name: smallText,
      code: fc.oneof(smallText, fc.constantFrom('a', 'bb', 'abb', 'bba')),
      count: smallNumber,
      size: smallNumber.map(String),
      ratio: fc.constantFrom(0, 0.49, 0.5, 0.6, 0.75, 0.76, NaN),
      colour: fc.constantFrom('COLOUR_UNSPECIFIED', 'COLOUR_RED', 'COLOUR_COLD', 5, 99),
      agreed: fc.boolean(),
      tags: fc.array(smallText, { maxLength: 3 }),
      parts: fc.oneof({ depthSize: 'small' }, fc.constant([]), fc.array(tie('message'), { maxLength: 3 })),
      labels: fc.dictionary(fc.constantFrom('x', 'y', 'z z', 'toString'), smallText, { noNullPrototype: true }),
      part: fc.oneof({ depthSize: 'small' }, fc.constant(null), tie('message')),
      level: smallNumber,
      note: smallText,
      data: fc.uint8Array({ maxLength: 3 }),
      due: fc.constantFrom(null, new Date(0)),
      person: smallText,
      seat: smallNumber,
      needed: smallNumber,
      free: smallText,
    },
    {
      noNullPrototype: true,
      requiredKeys: [
        ...(['name', 'code', 'count', 'size', 'ratio', 'colour', 'agreed', 'tags', 'parts', 'labels'] as const),
        ...(['part', 'data', 'due', 'needed', 'free'] as const),
      ],
    },
  ) as fc.Arbitrary<Ruled>,
}));

/** The rules of sample.v1.Ruled once more, written out field by field. */
function faultsOf(value: Ruled, at = ''): string[] {
  const faults: string[] = [];
  const check = (broken: boolean, field: string, reason: string): void => {
    if (broken) faults.push(`${at}${field} ${reason}`);
  };
  const lengthOf = (text: string): number => Array.from(text).length;

  check(value.name === '', 'name', 'REQUIRED');
  check(lengthOf(value.name) === 1, 'name', 'TOO_SHORT');
  check(lengthOf(value.name) > 4, 'name', 'TOO_LONG');
  const letters = Array.from(value.name).every((letter) => ['a', 'b', 'é', '😀'].includes(letter));
  check(lengthOf(value.name) <= 4 && !letters, 'name', 'PATTERN');

  check(lengthOf(value.code) === 1, 'code', 'TOO_SHORT');
  check(lengthOf(value.code) > 3, 'code', 'TOO_LONG');
  check(lengthOf(value.code) <= 3 && !['', 'a', 'bb'].includes(value.code), 'code', 'PATTERN');

  check(value.count < -1, 'count', 'TOO_SMALL');
  check(value.count > 3, 'count', 'TOO_LARGE');
  check(Number(value.size) < 1, 'size', 'TOO_SMALL');
  check(!(value.ratio >= 0.5), 'ratio', 'TOO_SMALL');
  check(!(value.ratio <= 0.75), 'ratio', 'TOO_LARGE');
  check(value.colour === 'COLOUR_UNSPECIFIED', 'colour', 'REQUIRED');
  check(value.colour === 99, 'colour', 'UNKNOWN_ENUM_VALUE');
  check(!value.agreed, 'agreed', 'REQUIRED');

  check(value.tags.length < 1, 'tags', 'TOO_FEW');
  check(value.tags.length > 2, 'tags', 'TOO_MANY');
  if (value.tags.length <= 2)
    value.tags.forEach((tag, index) => check(lengthOf(tag) > 2, `tags[${index}]`, 'TOO_LONG'));

  check(value.parts.length > 2, 'parts', 'TOO_MANY');
  if (value.parts.length <= 2)
    value.parts.forEach((part, index) => faults.push(...faultsOf(part, `${at}parts[${index}].`)));

  const labels = Object.entries(value.labels);
  check(labels.length === 0, 'labels', 'REQUIRED');
  check(labels.length > 2, 'labels', 'TOO_MANY');
  for (const [key, label] of labels.length > 2 ? [] : labels) {
    const path = key === 'z z' ? 'labels["z z"]' : `labels.${key}`;
    check(label === '', path, 'TOO_SHORT');
    check(lengthOf(label) > 3, path, 'TOO_LONG');
  }

  check(value.part === null, 'part', 'REQUIRED');
  if (value.part !== null) faults.push(...faultsOf(value.part, `${at}part.`));
  check(value.level !== undefined && value.level < 1, 'level', 'TOO_SMALL');
  check(value.level !== undefined && value.level > 2, 'level', 'TOO_LARGE');
  check(value.note === undefined, 'note', 'REQUIRED');
  check(value.note === '', 'note', 'TOO_SHORT');
  check(value.data.length > 2, 'data', 'TOO_LONG');
  check(value.due === null, 'due', 'REQUIRED');
  check(lengthOf(value.person ?? '') > 2, 'person', 'TOO_LONG');
  check(value.seat !== undefined && value.seat < 1, 'seat', 'TOO_SMALL');
  check(value.needed === 0, 'needed', 'REQUIRED');
  check(value.needed !== 0 && value.needed < 2, 'needed', 'TOO_SMALL');
  return faults;
}

test('validation finds exactly what the rules, written out by hand, find', () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(message, (value) => {
      const found = validateMessage(ruled, value).map(({ field, reason }) => `${field} ${reason}`);
      expect(found.toSorted()).toEqual(faultsOf(value).toSorted());
      for (const fault of found) seen.add(fault.replace(/^.*\./, ''));
    }),
    { numRuns: 2000 },
  );
  // Each reason came up, for the field that can have it.
  expect([...seen]).toEqual(
    expect.arrayContaining([
      ...['name REQUIRED', 'name TOO_SHORT', 'name TOO_LONG', 'name PATTERN', 'code TOO_SHORT', 'code PATTERN'],
      ...['count TOO_SMALL', 'count TOO_LARGE', 'colour REQUIRED', 'colour UNKNOWN_ENUM_VALUE', 'tags TOO_FEW'],
      ...['tags TOO_MANY', 'tags[1] TOO_LONG', 'labels REQUIRED', 'labels TOO_MANY', 'labels["z z"] TOO_SHORT'],
      ...['part REQUIRED', 'level TOO_SMALL', 'note REQUIRED', 'note TOO_SHORT', 'data TOO_LONG', 'seat TOO_SMALL'],
    ]),
  );
});

test('a message that keeps every rule passes', () => {
  const good: Ruled = {
    name: 'bé😀',
    code: '',
    count: 0,
    size: '9223372036854775807',
    ratio: 0.5,
    colour: 5,
    agreed: true,
    tags: ['éé'],
    parts: [],
    labels: { toString: 'abc' },
    part: null,
    note: 'x',
    data: new Uint8Array(),
    due: new Date(0),
    needed: 2,
    free: '\u0000'.repeat(1000),
  };
  // The innermost part has none of its own; that alone is missing.
  expect(validateMessage(ruled, { ...good, part: good })).toMatchObject([{ field: 'part.part', reason: 'REQUIRED' }]);
});

test('a type without rules takes everything but what only the wire can bring in', () => {
  expect(validateMessage(every, {})).toEqual([]);
  expect(
    validateMessage(every, {
      colours: ['COLOUR_RED', 99],
      days: [{ year: 2025, month: 2, day: 29 }],
      child: { colour: 98 },
    }),
  ).toMatchObject([
    { field: 'child.colour', reason: 'UNKNOWN_ENUM_VALUE' },
    { field: 'colours[1]', reason: 'UNKNOWN_ENUM_VALUE' },
    { field: 'days[0]', reason: 'INVALID_DATE' },
  ]);
});

test('no pattern of proto/ takes long over the longest text it is asked about', () => {
  const host = protoRoot().lookupType('portal.tenant.v1.BindHostRequest');
  const started = performance.now();
  for (const text of [
    'a'.repeat(253),
    'a-'.repeat(126),
    'a.'.repeat(126),
    `${'a'.repeat(62)}.`.repeat(4),
    'x'.repeat(1e6),
  ]) {
    expect(validateMessage(host, { unitId: 'u', host: `${text}!` })).toHaveLength(1);
  }
  expect(performance.now() - started).toBeLessThan(500);
});

test('rules are read as the .proto file gives them', () => {
  const { fields } = protoRoot().lookupType('portal.tenant.v1.ListUnitsRequest');
  expect(fields.pageSize && fieldRuleOf(fields.pageSize)).toEqual({ required: false, gte: 0, lte: 200 });
});
