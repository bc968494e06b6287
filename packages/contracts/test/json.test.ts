import * as protoLoader from '@grpc/proto-loader';
import { AppError } from '@portal/errors';
import fc from 'fast-check';
import protobuf from 'protobufjs';
import { fromJson, loaderOptions, protoRoot, toJson } from '../src/index.ts';
import type { JsonObject, JsonValue } from '../src/index.ts';
import { arbitraryMessage, sampleRoot } from './testing.ts';

type Loaded = protoLoader.MessageTypeDefinition<object, object>;

const roots = [sampleRoot(), protoRoot()];
const loaded = new Map(roots.map((root) => [root, protoLoader.fromJSON(root.toJSON(), loaderOptions)]));
const every = sampleRoot().lookupType('sample.v1.Every');
const apiTypes = roots.flatMap((root) => typesOf(root));

/** All message types of a root under our own packages: requests, responses, resources, events. */
function typesOf(root: protobuf.Root): protobuf.Type[] {
  const found: protobuf.Type[] = [];
  const walk = (namespace: protobuf.NamespaceBase): void => {
    for (const item of namespace.nestedArray) {
      if (item instanceof protobuf.Type) found.push(item);
      if (item instanceof protobuf.Namespace) walk(item);
    }
  };
  walk(root);
  return found.filter(({ fullName }) => /^\.(portal|sample)\.(?!options)/.test(fullName));
}

function overTheWire(type: protobuf.Type, message: object): object {
  const definition = loaded.get(type.root)?.[type.fullName.slice(1)] as unknown as Loaded;
  return definition.deserialize(definition.serialize(message));
}

/** JSON as another process sees it. */
function asText(json: JsonObject): unknown {
  return JSON.parse(JSON.stringify(json));
}

function violationsOf(run: () => unknown): { field: string; reason: string }[] {
  try {
    run();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    expect([error.kind, error.reason]).toEqual(['INVALID_ARGUMENT', 'INVALID_REQUEST']);
    expect(error.violations.length).toBeGreaterThan(0);
    return error.violations.map(({ field, reason }) => ({ field, reason }));
  }
  return [];
}

const refused = (json: unknown, type = every): { field: string; reason: string }[] =>
  violationsOf(() => fromJson(type, json, { unknown: 'refuse' }));

describe('a message as JSON', () => {
  test('every type of proto/ is covered', () => {
    expect(apiTypes.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['Every', 'CreatePostRequest', 'CreatePostResponse', 'PostEvent', 'Grant', 'UnitEvent']),
    );
  });

  test.each(apiTypes.map((type) => [type.fullName.slice(1), type] as const))(
    '%s comes back equal from JSON, and JSON and the wire bring in the same',
    (_, type) => {
      fc.assert(
        fc.property(arbitraryMessage(type), (message) => {
          const json = asText(toJson(type, message));
          expect(fromJson(type, json, { unknown: 'refuse' })).toStrictEqual(message);
          expect(overTheWire(type, message)).toStrictEqual(message);
          expect(toJson(type, overTheWire(type, message))).toStrictEqual(json);
        }),
        { numRuns: type === every ? 300 : 50 },
      );
    },
  );

  test('what is missing arrives exactly as proto-loader gives an empty message', () => {
    for (const type of apiTypes) {
      expect(fromJson(type, {}, { unknown: 'refuse' })).toStrictEqual(overTheWire(type, {}));
    }
  });

  test('null stands for unset, everywhere but inside lists and maps', () => {
    const nulls = Object.fromEntries(every.fieldsArray.map(({ name }) => [name, null]));
    expect(fromJson(every, nulls, { unknown: 'refuse' })).toStrictEqual(overTheWire(every, {}));
    expect(refused({ texts: ['a', null], labels: { a: null } })).toEqual([
      { field: 'texts[1]', reason: 'WRONG_TYPE' },
      { field: 'labels.a', reason: 'WRONG_TYPE' },
    ]);
  });

  test('only what the JSON itself holds is read, not what its prototype has', () => {
    const json: unknown = Object.create({ text: 'inherited', child: {} });
    expect(fromJson(every, json, { unknown: 'refuse' })).toStrictEqual(overTheWire(every, {}));
    expect(toJson(every, json as object)).toStrictEqual(toJson(every, {}));
  });

  test('keys of a map may be called as what every object has', () => {
    const labels = { constructor: 'a', toString: 'b', hasOwnProperty: 'c', '': 'd', '0': 'e' };
    const message = fromJson(every, { labels }, { unknown: 'refuse' });
    expect(message).toMatchObject({ labels });
    expect(JSON.stringify(toJson(every, overTheWire(every, message)).labels)).toBe(JSON.stringify(labels));
  });

  test('unset messages, optional fields and oneof members are left out, zeros are there', () => {
    const json = toJson(every, {});
    expect(json).toMatchObject({
      text: '',
      flag: false,
      aInt64: '0',
      colour: 'COLOUR_UNSPECIFIED',
      texts: [],
      labels: {},
    });
    for (const name of ['child', 'createTime', 'maybeText', 'choiceText', 'choice', '_maybeText']) {
      expect(json).not.toHaveProperty(name);
    }
    expect(toJson(every, { maybeNumber: 0, choiceText: '' })).toMatchObject({ maybeNumber: 0, choiceText: '' });
  });

  test('a value that a field cannot hold is a fault of ours and names the field, not the value', () => {
    const bad: object[] = [
      { text: 5 },
      { aInt32: 2 ** 31 },
      { aInt32: 0.5 },
      { aUint64: '-1' },
      { aInt64: 'many' },
      { aDouble: NaN },
      { colour: 'COLOUR_PINK' },
      { createTime: new Date(NaN) },
      { createTime: '2026-01-01T00:00:00Z' },
      { issuedOn: { year: 2025, month: 2, day: 29 } },
      { texts: 'secret' },
      { data: 'secret' },
    ];
    for (const value of bad) {
      expect(() => toJson(every, value)).toThrow(
        expect.objectContaining({ kind: 'INTERNAL', reason: 'MESSAGE_INVALID' }),
      );
      expect(() => toJson(every, value)).toThrow(
        new RegExp(`sample.v1.Every: ${Object.keys(value).join('')}|no such day`),
      );
      expect(() => toJson(every, value)).not.toThrow(/secret/);
    }
  });

  test('an enum value of a newer peer shows as the zero, never as a fault', () => {
    expect(toJson(every, { colour: 77, colours: [5, 77] })).toMatchObject({
      colour: 'COLOUR_UNSPECIFIED',
      colours: ['COLOUR_BLUE', 'COLOUR_UNSPECIFIED'],
    });
  });

  test('consumers ignore unknown fields and enum names, and nothing else', () => {
    const json = { more: 1, colour: 'COLOUR_PINK', colours: ['COLOUR_PINK', 'COLOUR_RED'], child: { more: { x: 1 } } };
    expect(fromJson(every, json, { unknown: 'ignore' })).toMatchObject({
      colour: 'COLOUR_UNSPECIFIED',
      colours: ['COLOUR_RED'],
      child: { text: '' },
    });
    expect(violationsOf(() => fromJson(every, { ...json, text: 5 }, { unknown: 'ignore' }))).toEqual([
      { field: 'text', reason: 'WRONG_TYPE' },
    ]);
  });
});

describe('hostile JSON', () => {
  const wrong: [name: string, json: unknown, field: string, reason: string][] = [
    ['not an object', [], '', 'WRONG_TYPE'],
    ['null', null, '', 'WRONG_TYPE'],
    ['text', '{}', '', 'WRONG_TYPE'],
    ['an unknown field', { child: { children: [{}, { titel: 1 }] } }, 'child.children[1].titel', 'UNKNOWN_FIELD'],
    ['a proto name', { a_int32: 1 }, 'a_int32', 'UNKNOWN_FIELD'],
    ['the name of a oneof', { choice: 'choiceText' }, 'choice', 'UNKNOWN_FIELD'],
    ['the hidden oneof of an optional field', { _maybeText: 'maybeText' }, '_maybeText', 'UNKNOWN_FIELD'],
    ['__proto__', JSON.parse('{"__proto__":{"polluted":1}}'), '__proto__', 'UNKNOWN_FIELD'],
    ['__proto__ within', JSON.parse('{"child":{"__proto__":{"polluted":1}}}'), 'child.__proto__', 'UNKNOWN_FIELD'],
    ['__proto__ in a map', JSON.parse('{"labels":{"__proto__":"x"}}'), 'labels.__proto__', 'WRONG_TYPE'],
    ['a method of every object', { child: { hasOwnProperty: 1 } }, 'child.hasOwnProperty', 'UNKNOWN_FIELD'],
    ['constructor', { child: { constructor: { prototype: 1 } } }, 'child.constructor', 'UNKNOWN_FIELD'],
    ['an odd key', { child: { 'two "words"': 1 } }, 'child["two \\"words\\""]', 'UNKNOWN_FIELD'],
    ['half a character', { text: 'a\ud800b' }, 'text', 'WRONG_TYPE'],
    ['half a character in a key', { labels: { '\udc00': 'x' } }, 'labels["\\udc00"]', 'WRONG_TYPE'],
    ['a number for text', { texts: ['a', 1] }, 'texts[1]', 'WRONG_TYPE'],
    ['text for a number', { aInt32: '1' }, 'aInt32', 'WRONG_TYPE'],
    ['NaN', { aDouble: NaN }, 'aDouble', 'WRONG_TYPE'],
    ['NaN for an integer', { aInt32: NaN }, 'aInt32', 'WRONG_TYPE'],
    ['NaN for a long', { aInt64: NaN }, 'aInt64', 'WRONG_TYPE'],
    ['a huge number', JSON.parse('{"aDouble":1e999}'), 'aDouble', 'OUT_OF_RANGE'],
    ['a number too great for a float', { aFloat: 1e300 }, 'aFloat', 'OUT_OF_RANGE'],
    ['2^31', { aSint32: 2 ** 31 }, 'aSint32', 'OUT_OF_RANGE'],
    ['-1 without a sign', { aUint32: -1 }, 'aUint32', 'OUT_OF_RANGE'],
    ['a half', { numbers: [1, 0.5] }, 'numbers[1]', 'WRONG_TYPE'],
    ['a long that JSON rounds', JSON.parse('{"aInt64":9007199254740993}'), 'aInt64', 'OUT_OF_RANGE'],
    ['2^63', { aInt64: '9223372036854775808' }, 'aInt64', 'OUT_OF_RANGE'],
    ['a long of a million digits', { aInt64: '9'.repeat(1_000_000) }, 'aInt64', 'OUT_OF_RANGE'],
    ['a long with a leading zero', { aInt64: '01' }, 'aInt64', 'WRONG_TYPE'],
    ['a long in hexadecimal', { aInt64: '0x10' }, 'aInt64', 'WRONG_TYPE'],
    ['-0 as a long', { aInt64: '-0' }, 'aInt64', 'WRONG_TYPE'],
    ['a negative unsigned long', { aUint64: '-1' }, 'aUint64', 'OUT_OF_RANGE'],
    ['text for a bool', { flag: 'true' }, 'flag', 'WRONG_TYPE'],
    ['a number for an enum', { colour: 1 }, 'colour', 'WRONG_TYPE'],
    ['an unknown enum name', { byNumber: { 7: 'COLOUR_PINK' } }, 'byNumber["7"]', 'UNKNOWN_ENUM_VALUE'],
    ['an enum name of every object', { colour: 'constructor' }, 'colour', 'UNKNOWN_ENUM_VALUE'],
    ['broken base64', { data: 'ab=c' }, 'data', 'WRONG_TYPE'],
    ['base64 with stray bits', { data: 'ab==' }, 'data', 'WRONG_TYPE'],
    ['30 February', { createTime: '2026-02-30T00:00:00Z' }, 'createTime', 'INVALID_TIMESTAMP'],
    ['a time without zone', { times: ['2026-02-03T00:00:00'] }, 'times[0]', 'INVALID_TIMESTAMP'],
    ['the year 10000', { createTime: '+010000-01-01T00:00:00Z' }, 'createTime', 'INVALID_TIMESTAMP'],
    ['the year 0', { createTime: '0001-01-01T00:00:00+00:01' }, 'createTime', 'INVALID_TIMESTAMP'],
    ['seconds for a time', { createTime: { seconds: 1 } }, 'createTime', 'WRONG_TYPE'],
    ['29 February 2025', { issuedOn: '2025-02-29' }, 'issuedOn', 'INVALID_DATE'],
    ['a date in parts', { issuedOn: { year: 2025, month: 2, day: 1 } }, 'issuedOn', 'WRONG_TYPE'],
    ['an object for a list', { texts: {} }, 'texts', 'WRONG_TYPE'],
    ['a list for a map', { labels: [] }, 'labels', 'WRONG_TYPE'],
    ['a key that is no number', { byNumber: { one: 'COLOUR_RED' } }, 'byNumber.one', 'WRONG_TYPE'],
    ['a key beyond its type', { byNumber: { 2147483648: 'COLOUR_RED' } }, 'byNumber["2147483648"]', 'WRONG_TYPE'],
    ['two members of a oneof', { choiceNumber: '1', choiceText: 'a' }, 'choiceNumber', 'DUPLICATE_ONEOF'],
  ];

  test.each(wrong)('%s is refused where it stands', (_, json, field, reason) => {
    expect(refused(json)).toEqual([{ field, reason }]);
  });

  test('a fault planted anywhere in a good message is reported there and nowhere else', () => {
    const spots = fc.array(fc.constantFrom('child', 'children', 'byName', 'choiceChild'), { maxLength: 5 });
    fc.assert(
      fc.property(spots, fc.constantFrom(...wrong.slice(3)), (steps, [, fault, field, reason]) => {
        let json = fault;
        let path = field;
        for (const step of steps.toReversed()) {
          json =
            step === 'children'
              ? { children: [{}, json] }
              : step === 'byName'
                ? { byName: { a: json } }
                : { [step]: json };
          const prefix = { child: 'child', children: 'children[1]', byName: 'byName.a', choiceChild: 'choiceChild' }[
            step
          ];
          path = path.startsWith('[') ? prefix + path : `${prefix}.${path}`;
        }
        expect(refused(json)).toEqual([{ field: path, reason }]);
      }),
    );
  });

  test('any JSON is either a message or refused, and leaves no trace on prototypes', () => {
    const names = [...every.fieldsArray.map(({ name }) => name), '__proto__', 'constructor', 'prototype', 'toString'];
    const key = fc.oneof(fc.constantFrom(...names), fc.string({ maxLength: 4 }));
    const { tree } = fc.letrec<{ tree: JsonValue }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4, withCrossShrink: true },
        fc.jsonValue({ maxDepth: 0 }) as fc.Arbitrary<JsonValue>,
        fc.constantFrom('COLOUR_RED', '2026-01-01T00:00:00Z', '2026-01-01', '7', 1e300, -0, '\ud800'),
        fc.array(tie('tree'), { maxLength: 3 }),
        // From entries through text, so that `__proto__` is an own key as JSON.parse makes it.
        fc
          .array(fc.tuple(key, tie('tree')), { maxLength: 6 })
          .map(
            (entries) =>
              JSON.parse(
                `{${entries.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join()}}`,
              ) as JsonObject,
          ),
      ),
    }));
    const before = Object.getOwnPropertyNames(Object.prototype);
    fc.assert(
      fc.property(tree, fc.constantFrom('refuse' as const, 'ignore' as const), (json, unknown) => {
        let message: object | undefined;
        const violations = violationsOf(() => (message = fromJson(every, json, { unknown })));
        expect(violations.length).toBeLessThanOrEqual(20);
        // What was taken is a message to the last field.
        if (message !== undefined) expect(overTheWire(every, message)).toStrictEqual(message);
        expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before);
      }),
      { numRuns: 2000 },
    );
  });

  test('nesting beyond any need is refused, and never overflows the stack', () => {
    const nested = (depth: number): unknown => JSON.parse('{"child":'.repeat(depth) + '{}' + '}'.repeat(depth));
    expect(refused(nested(32))).toEqual([]);
    expect(refused(nested(100_000))).toEqual([{ field: Array(33).fill('child').join('.'), reason: 'OUT_OF_RANGE' }]);
    expect(refused({ unknown: nested(100_000) })).toEqual([{ field: 'unknown', reason: 'UNKNOWN_FIELD' }]);
  });

  test('the answer to a flood of faults is short', () => {
    const flood = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`${'x'.repeat(500)}${index}`, 1]));
    for (const json of [flood, { numbers: Array(100_000).fill('x') }, { labels: flood }]) {
      const violations = refused(json);
      expect(violations).toHaveLength(20);
      expect(Math.max(...violations.map(({ field }) => field.length))).toBeLessThan(100);
    }
  });
});
