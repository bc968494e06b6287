import fc from 'fast-check';
import { createUpcaster, decodePageToken, encodePageToken } from '../src/index.ts';
import type { JsonValue } from '../src/index.ts';

const invalid = expect.objectContaining({
  kind: 'INVALID_ARGUMENT',
  reason: 'PAGE_TOKEN_INVALID',
  violations: [expect.objectContaining({ field: 'pageToken' })],
});

describe('page token', () => {
  const query = fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer(), fc.boolean()));
  const position = fc.oneof(
    fc.string(),
    fc.integer(),
    fc.array(fc.string()),
    fc.record({ time: fc.string(), id: fc.string() }),
  ) as fc.Arbitrary<JsonValue>;

  test('gives back its position for its own query, in whatever order the query names its keys', () => {
    fc.assert(
      fc.property(query, position, (asked, at) => {
        const token = encodePageToken(asked, at);
        const reversed = Object.fromEntries(Object.entries(asked).reverse());
        expect(decodePageToken(token, reversed)).toEqual(at);
        expect(token).toMatch(/^[\w-]+$/);
      }),
    );
  });

  test('of another query is refused', () => {
    fc.assert(
      fc.property(query, query, position, (asked, other, at) => {
        fc.pre(JSON.stringify(Object.entries(asked).sort()) !== JSON.stringify(Object.entries(other).sort()));
        expect(() => decodePageToken(encodePageToken(asked, at), other)).toThrow(invalid);
      }),
    );
  });

  test('that is none is refused', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (token) => expect(() => decodePageToken(token, {})).toThrow(invalid)),
    );
  });

  test('that is cut or changed never gives another position', () => {
    fc.assert(
      fc.property(query, position, fc.nat(), fc.constantFrom('A', '_', '9'), (asked, at, where, letter) => {
        const token = encodePageToken(asked, at);
        const index = where % token.length;
        expect(() => decodePageToken(token.slice(0, index), asked) ?? fail(index)).toThrow(invalid);
        expect(() => decodePageToken(`${token}${letter.repeat(3000)}`, asked)).toThrow(invalid);
      }),
    );
    function fail(index: number): never {
      // The empty token is the first page.
      if (index === 0) return decodePageToken('!', {}) as never;
      throw new Error('accepted');
    }
  });

  test('with an operator inside is refused', () => {
    const forged = encodePageToken({}, { id: [{ $gt: '' }] });
    expect(() => decodePageToken(forged, {})).toThrow(invalid);
  });

  test('empty means the first page', () => {
    expect(decodePageToken('', { unitId: 'u' })).toBeUndefined();
  });
});

describe('upcaster', () => {
  interface Person {
    givenName: string;
    familyName: string;
    active: boolean;
    schemaVersion: number;
  }
  const upcast = createUpcaster<Person>({
    current: 3,
    steps: {
      1: ({ name, ...rest }) => ({
        ...rest,
        givenName: String(name).split(' ')[1],
        familyName: String(name).split(' ')[0],
      }),
      2: (document) => ({ ...document, active: true }),
    },
  });
  const current = { givenName: 'An', familyName: 'Trần', active: true, schemaVersion: 3 };

  test.each([
    ['the first shape', { name: 'Trần An' }],
    ['the first shape, marked', { name: 'Trần An', schemaVersion: 1 }],
    ['a shape in between', { givenName: 'An', familyName: 'Trần', schemaVersion: 2 }],
    ['the current shape', current],
  ])('brings %s to the current one', (_name, document) => {
    const before = structuredClone(document);
    expect(upcast(document)).toEqual(current);
    expect(document).toEqual(before);
  });

  test('refuses a document of a newer release', () => {
    expect(() => upcast({ schemaVersion: 4 })).toThrow(
      expect.objectContaining({ kind: 'INTERNAL', reason: 'SCHEMA_TOO_NEW' }),
    );
  });

  test.each([0, -1, 1.5, '2', null])('refuses the schema version %p', (schemaVersion) => {
    const refused = expect.objectContaining({ reason: 'SCHEMA_VERSION_INVALID' });
    if (schemaVersion === null) return;
    expect(() => upcast({ schemaVersion: schemaVersion as number })).toThrow(refused);
  });

  test('is not made with a step missing', () => {
    expect(() => createUpcaster({ current: 3, steps: { 1: (document) => document } })).toThrow(
      'from schema version 2 to 3',
    );
  });
});
