/** A day in the calendar, without time and zone (google.type.Date): a deadline, a date of issue. */
export interface CivilDate {
  year: number;
  /** 1 to 12. */
  month: number;
  /** 1 to 31. */
  day: number;
}

const pattern = /^(\d{4})-(\d{2})-(\d{2})$/;

// By zone name and not by a fixed +7: the city's clocks differed before 1975, and old records carry such dates.
const cityDay = new Intl.DateTimeFormat('en-u-ca-gregory-nu-latn', {
  timeZone: 'Asia/Ho_Chi_Minh',
  year: 'numeric',
  month: 'numeric',
  day: 'numeric',
});

/** True for a day that exists, in the years 1 to 9999. */
export function isCivilDate({ year, month, day }: CivilDate): boolean {
  if (![year, month, day].every(Number.isInteger)) return false;
  return year >= 1 && year <= 9999 && month >= 1 && month <= 12 && day >= 1 && day <= daysOf(year, month);
}

/** The day it is in the city (Asia/Ho_Chi_Minh) at this instant. */
export function todayInCity(now: Date): CivilDate {
  const parts = new Map(cityDay.formatToParts(now).map(({ type, value }) => [type, Number(value)]));
  return { year: parts.get('year') ?? NaN, month: parts.get('month') ?? NaN, day: parts.get('day') ?? NaN };
}

/** `YYYY-MM-DD`; throws a RangeError for a day that does not exist. */
export function formatCivilDate(date: CivilDate): string {
  if (!isCivilDate(date)) throw new RangeError(`no such day: ${date.year}-${date.month}-${date.day}`);
  const digits = (value: number, length: number): string => String(value).padStart(length, '0');
  return `${digits(date.year, 4)}-${digits(date.month, 2)}-${digits(date.day, 2)}`;
}

/** Reads `YYYY-MM-DD`; undefined for any other text and for a day that does not exist. */
export function parseCivilDate(text: string): CivilDate | undefined {
  const [, year, month, day] = pattern.exec(text) ?? [];
  const date = { year: Number(year), month: Number(month), day: Number(day) };
  return isCivilDate(date) ? date : undefined;
}

function daysOf(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}
