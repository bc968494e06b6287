import { trusted } from 'mongoose';
import type { Model } from 'mongoose';
import { decodePageToken, encodePageToken, pageTokenInvalid } from './page-token.ts';
import type { JsonValue } from './page-token.ts';

/** A list request of the contract; the caller has put its default in place of page size 0. */
export interface PageRequest {
  pageSize: number;
  pageToken: string;
}

export interface Page<T> {
  items: T[];
  /** Empty on the last page. */
  nextPageToken: string;
}

export interface PageQuery<D, T> {
  model: Model<D>;
  /** Equality on the first fields of an index, in their order. */
  filter: Readonly<Record<string, string | number | boolean>>;
  /** Its further fields in their order, `_id` last: 1 ascending, -1 descending. None of them may be null. */
  order: Readonly<Record<string, 1 | -1>>;
  /** Fields that are left out of the documents: large ones that lists do not show. */
  without?: readonly string[];
  /** Makes an item of a document. */
  read: (document: D) => T;
}

/**
 * One page of a list, found by the position of the item before it, not by counting: inserts and deletes between two
 * pages neither repeat an item nor leave one out, and a late page costs what the first one does. Read from the index on
 * `filter` and `order`; a list without that index fails at once, where it would otherwise read the whole collection.
 * Throws INVALID_ARGUMENT `PAGE_TOKEN_INVALID`.
 */
export async function findPage<D, T>(query: PageQuery<D, T>, { pageSize, pageToken }: PageRequest): Promise<Page<T>> {
  const { model, filter, order, without = [], read } = query;
  const projection = Object.fromEntries(without.map((field) => [field, 0 as const]));
  const list = { collection: model.collection.name, filter, order };
  const fields = Object.keys(order);
  const index = { ...Object.fromEntries(Object.keys(filter).map((field) => [field, 1 as const])), ...order };
  const wanted = pageSize + 1; // one more tells whether there is a next page
  const found: D[] = [];
  for (const range of rangesAfter(order, readPosition(decodePageToken(pageToken, list), fields.length))) {
    const rest = model
      .find({ ...filter, ...range }, projection)
      .sort(order)
      .limit(wanted - found.length);
    found.push(...(await rest.hint(index).lean<D[]>()));
    if (found.length === wanted) break;
  }
  const documents = found.slice(0, pageSize);
  const last = documents.at(-1);
  const more = found.length === wanted && last !== undefined;
  return { items: documents.map(read), nextPageToken: more ? encodePageToken(list, positionOf(last, fields)) : '' };
}

type PositionValue = string | number | boolean | Date;

/**
 * What comes after a position, as ranges of the index in its order: (a, b) > (x, y) is a = x and b > y, then a > x.
 * Each is one stretch of the index on any server; an `$or` of them is not.
 */
function rangesAfter(
  order: PageQuery<never, never>['order'],
  position: readonly PositionValue[] | undefined,
): object[] {
  if (position === undefined) return [{}];
  const fields = Object.entries(order).map(([field, direction], at) => ({ field, direction, value: position[at] }));
  return fields
    .map(({ field, direction, value }, at) => ({
      ...Object.fromEntries(fields.slice(0, at).map((equal) => [equal.field, equal.value])),
      [field]: trusted({ [direction === 1 ? '$gt' : '$lt']: value }),
    }))
    .reverse();
}

function positionOf(document: unknown, fields: readonly string[]): JsonValue {
  return fields.map((field): JsonValue => {
    const value = (document as Record<string, JsonValue | Date>)[field] ?? null;
    return value instanceof Date ? { time: value.getTime() } : value;
  });
}

function readPosition(position: JsonValue | undefined, length: number): PositionValue[] | undefined {
  if (position === undefined) return undefined;
  if (!Array.isArray(position) || position.length !== length) throw pageTokenInvalid('damaged');
  return position.map((value) => {
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
    const time = typeof value === 'object' && value !== null && !Array.isArray(value) ? value.time : undefined;
    if (typeof time !== 'number' || Number.isNaN(new Date(time).getTime())) throw pageTokenInvalid('damaged');
    return new Date(time);
  });
}
