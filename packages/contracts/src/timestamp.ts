import protobuf from 'protobufjs';
import { isCivilDate } from './civil-date.ts';

// RFC 3339, section 5.6, with capital T and Z; up to nanoseconds, as google.protobuf.Timestamp has it.
const rfc3339 =
  /^(\d{4})-(\d{2})-(\d{2})T([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:\.(\d{1,9}))?(?:Z|([+-])([01]\d|2[0-3]):([0-5]\d))$/;

/** google.protobuf.Timestamp ends here: 0001-01-01T00:00:00Z to 9999-12-31T23:59:59.999Z. */
const firstMs = -62_135_596_800_000;
const lastMs = 253_402_300_799_999;

/** True for a Date that a google.protobuf.Timestamp can hold. */
export function isTimestamp(value: unknown): value is Date {
  // An invalid Date is NaN, for which both comparisons are false.
  return value instanceof Date && value.getTime() >= firstMs && value.getTime() <= lastMs;
}

/** Reads RFC 3339, whole milliseconds (the rest is cut off, as a Date holds no more); undefined for anything else. */
export function parseTimestamp(text: string): Date | undefined {
  const match = rfc3339.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction = '', sign, offsetHour, offsetMinute] = match;
  // Date.parse takes 30 February for 1 March.
  if (!isCivilDate({ year: Number(year), month: Number(month), day: Number(day) })) return undefined;
  const milliseconds = fraction.slice(0, 3).padEnd(3, '0');
  const zone = sign === undefined ? 'Z' : `${sign}${offsetHour}:${offsetMinute}`;
  const date = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}.${milliseconds}${zone}`);
  return isTimestamp(date) ? date : undefined;
}

interface TimestampMessage {
  seconds?: number | { toNumber(): number };
  nanos?: number;
}

// proto-loader converts through protobufjs, which asks this table: Timestamp is Date on both sides of every call.
// The table belongs to the module, so there must be one copy of protobufjs in the tree.
protobuf.wrappers['.google.protobuf.Timestamp'] = {
  fromObject(value): protobuf.Message {
    if (!isTimestamp(value)) throw new TypeError('a Timestamp is written as a valid Date of the years 1 to 9999');
    const ms = value.getTime();
    const seconds = Math.floor(ms / 1000);
    return this.create({ seconds, nanos: (ms - seconds * 1000) * 1_000_000 });
  },
  toObject(message): Record<string, unknown> {
    const { seconds = 0, nanos = 0 } = message as unknown as TimestampMessage;
    const whole = typeof seconds === 'number' ? seconds : seconds.toNumber();
    return new Date(whole * 1000 + Math.floor(nanos / 1_000_000)) as unknown as Record<string, unknown>;
  },
};
