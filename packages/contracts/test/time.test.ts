import * as protoLoader from '@grpc/proto-loader';
import fc from 'fast-check';
import {
  formatCivilDate,
  isCivilDate,
  loaderOptions,
  parseCivilDate,
  parseTimestamp,
  todayInCity,
} from '../src/index.ts';
import { arbitraryDay, arbitraryTime, sampleRoot } from './testing.ts';

const definition = protoLoader.fromJSON(sampleRoot().toJSON(), loaderOptions);
const every = definition['sample.v1.Every'] as unknown as protoLoader.MessageTypeDefinition<
  object,
  { createTime: Date }
>;

describe('google.protobuf.Timestamp', () => {
  test('is a Date on both sides of the wire, to the millisecond, from year 1 to 9999', () => {
    const edges = [
      '0001-01-01T00:00:00.000Z',
      '1969-12-31T23:59:59.999Z',
      '1970-01-01T00:00:00.000Z',
      '9999-12-31T23:59:59.999Z',
    ];
    fc.assert(
      fc.property(arbitraryTime, (createTime) => {
        expect(every.deserialize(every.serialize({ createTime })).createTime).toStrictEqual(createTime);
      }),
      { examples: edges.map((edge) => [new Date(edge)]) },
    );
  });

  test('has the seconds and nanoseconds that other languages read', () => {
    const raw = sampleRoot().lookupType('google.protobuf.Timestamp');
    const bytes = raw.encode(raw.fromObject(new Date(-1))).finish();
    const read = raw.decode(bytes) as unknown as { seconds: { toString(): string }; nanos: number };
    expect([read.seconds.toString(), read.nanos]).toEqual(['-1', 999_000_000]);
    const nanos = raw.encode(raw.create({ seconds: 1, nanos: 999_999_999 })).finish();
    expect(raw.toObject(raw.decode(nanos))).toEqual(new Date(1999));
  });

  test('anything that is no Date of those years is refused, never taken for 1970', () => {
    for (const createTime of [
      {},
      { seconds: 1 },
      [],
      new Date(NaN),
      new Date(8.64e15),
      new Date(-8.64e15),
      '2026-01-01T00:00:00Z',
    ]) {
      expect(() => every.serialize({ createTime })).toThrow(TypeError);
    }
  });

  test('every instant reads back from RFC 3339, in any zone', () => {
    fc.assert(
      fc.property(arbitraryTime, fc.integer({ min: -1439, max: 1439 }), (time, offset) => {
        const local = new Date(time.getTime() + offset * 60_000).toISOString();
        fc.pre(/^\d{4}-/.test(local) && !local.startsWith('0000'));
        const two = (value: number): string => String(Math.trunc(value)).padStart(2, '0');
        const zone = `${offset < 0 ? '-' : '+'}${two(Math.abs(offset) / 60)}:${two(Math.abs(offset) % 60)}`;
        expect(parseTimestamp(local.replace('Z', zone))).toEqual(time);
        expect(parseTimestamp(time.toISOString())).toEqual(time);
      }),
    );
  });

  test.each([
    ['2026-08-22T10:00:00Z', '2026-08-22T10:00:00.000Z'],
    ['2026-08-22T10:00:00.123456789Z', '2026-08-22T10:00:00.123Z'],
    ['2026-08-22T10:00:00.1+07:00', '2026-08-22T03:00:00.100Z'],
    ['2024-02-29T23:59:59-00:00', '2024-02-29T23:59:59.000Z'],
  ])('%s is %s', (text, expected) => {
    expect(parseTimestamp(text)?.toISOString()).toBe(expected);
  });

  test.each([
    '',
    '2026-08-22',
    '2026-08-22 10:00:00Z',
    '2026-08-22t10:00:00z',
    '2026-8-22T10:00:00Z',
    '2026-08-22T10:00Z',
    '2026-08-22T24:00:00Z',
    '2026-08-22T23:59:60Z',
    '2026-08-22T10:00:00+7:00',
    '2026-08-22T10:00:00+24:00',
    '2026-08-22T10:00:00.Z',
    '2026-08-22T10:00:00.1234567890Z',
    '2025-02-29T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '0000-12-31T23:59:59Z',
    '9999-12-31T23:59:59-00:01',
    ' 2026-08-22T10:00:00Z',
    '2026-08-22T10:00:00Z\n',
    '２０２６-08-22T10:00:00Z',
  ])('%j is no time', (text) => {
    expect(parseTimestamp(text)).toBeUndefined();
  });
});

describe('civil dates', () => {
  test('every day of the years 1 to 9999 reads back from YYYY-MM-DD', () => {
    fc.assert(
      fc.property(arbitraryDay, (day) => {
        expect(formatCivilDate(day)).toMatch(/^\d{4}-\d\d-\d\d$/);
        expect(parseCivilDate(formatCivilDate(day))).toEqual(day);
      }),
    );
  });

  test('a day exists exactly when the calendar of the platform has it', () => {
    const part = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max });
    const years = fc.oneof(part(1, 9999), fc.constantFrom(1900, 2000, 2024, 2025, 2100, 4));
    fc.assert(
      fc.property(years, part(-1, 14), part(-1, 33), (year, month, day) => {
        const date = new Date(0);
        date.setUTCFullYear(year, month - 1, day);
        const same = date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
        expect(isCivilDate({ year, month, day })).toBe(same);
      }),
      { numRuns: 2000 },
    );
  });

  test.each([
    ['2024-02-29', true],
    ['2000-02-29', true],
    ['2025-02-29', false],
    ['1900-02-29', false],
    ['2026-04-31', false],
    ['0000-01-01', false],
    ['2026-00-10', false],
    ['2026-1-1', false],
    ['26-01-01', false],
    ['2026-01-01T00:00:00Z', false],
    ['+002026-01-01', false],
    ['', false],
  ])('%j exists: %s', (text, exists) => {
    expect(parseCivilDate(text) !== undefined).toBe(exists);
  });

  test('a day that does not exist cannot be written', () => {
    for (const date of [
      { year: 2025, month: 2, day: 29 },
      { year: 0, month: 1, day: 1 },
      { year: 2025, month: 1.5, day: 1 },
    ]) {
      expect(() => formatCivilDate(date)).toThrow(RangeError);
    }
  });

  test.each([
    // The day turns at midnight in the city, 17:00 UTC, whatever zone the machine is in.
    ['2026-09-04T16:59:59.999Z', '2026-09-04'],
    ['2026-09-04T17:00:00.000Z', '2026-09-05'],
    ['2025-12-31T17:00:00.000Z', '2026-01-01'],
    ['2024-02-28T17:00:00.000Z', '2024-02-29'],
    ['2025-02-28T17:00:00.000Z', '2025-03-01'],
    // Until June 1975 the city was eight hours ahead of UTC.
    ['1970-01-01T16:00:00.000Z', '1970-01-02'],
  ])('at %s it is %s in the city', (instant, expected) => {
    expect(formatCivilDate(todayInCity(new Date(instant)))).toBe(expected);
  });
});
