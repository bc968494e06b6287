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
  /** Equality on the first fields of an index. */
  filter: Readonly<Record<string, string | number | boolean>>;
  /** Its further fields in their order, `_id` last: 1 ascending, -1 descending. None of them may be null. */
  order: Readonly<Record<string, 1 | -1>>;
  /** Makes an item of a document. */
  read: (document: D) => T;
}

/**
 * One page of a list, found by the position of the item before it, not by counting: inserts and deletes between two
 * pages neither repeat an item nor leave one out, and a late page costs what the first one does.
 * Throws INVALID_ARGUMENT `PAGE_TOKEN_INVALID`.
 */
export async function findPage<D, T>(query: PageQuery<D, T>, { pageSize, pageToken }: PageRequest): Promise<Page<T>> {
  const { model, filter, order, read } = query;
  const list = { collection: model.collection.name, filter, order };
  const position = readPosition(decodePageToken(pageToken, list), Object.keys(order).length);
  const after = position === undefined ? {} : conditionAfter(Object.entries(order), position);
  const found = await model
    .find({ ...filter, ...after })
    .sort(order)
    .limit(pageSize + 1) // one more tells whether there is a next page
    .lean<D[]>();
  const documents = found.slice(0, pageSize);
  const last = documents.at(-1);
  const nextPageToken =
    found.length > pageSize && last !== undefined ? encodePageToken(list, positionOf(last, Object.keys(order))) : '';
  return { items: documents.map(read), nextPageToken };
}

type PositionValue = string | number | boolean | Date;

function conditionAfter(order: readonly [string, 1 | -1][], position: readonly PositionValue[]): object {
  const beyond = (index: number, orEqual: string): object => {
    const [field, direction] = order[index] as [string, 1 | -1];
    return { [field]: trusted({ [`$${direction === 1 ? 'gt' : 'lt'}${orEqual}`]: position[index] }) };
  };
  const equal = (index: number): object => ({ [(order[index] as [string, 1 | -1])[0]]: position[index] });
  const branches = order.map((_, index) =>
    Object.assign({}, ...order.slice(0, index).map((__, before) => equal(before)), beyond(index, '')),
  );
  // Implied by the branches, but it gives the server one range of the index to read, where of the branches alone it
  // makes several and sorts what they bring.
  return { ...beyond(0, 'e'), $or: branches };
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
