import { createTable, createTail } from '../src/index.ts';
import type { JsonObject } from '../src/index.ts';
import { createProjection } from '../src/projection.ts';
import type { Ends, Projection, SavedTopic } from '../src/projection.ts';
import { newTable, toKafka, topic } from './_stage.ts';
import type { State } from './_stage.ts';

/** Version 1 lies at offset 0. */
const messageAt = (offset: number) =>
  toKafka({ offset: BigInt(offset), key: 'a', version: offset + 1, isTombstone: false });

describe('a message that cannot be understood', () => {
  const decode = ({ version }: JsonObject): State => {
    if (version === 3) throw new Error('what is this?');
    return { key: 'a', version: version as number };
  };
  const follow = (saved?: SavedTopic[]) => {
    const table = createTable<State>({ topic, decode });
    const problems: string[] = [];
    const projection = createProjection([table], [], (problem) => problems.push(problem));
    if (saved !== undefined) projection.load(saved, false);
    return { table, projection, problems };
  };
  const batchOf = (...versions: number[]) => {
    const last = BigInt((versions.at(-1) ?? 0) - 1);
    return {
      topic,
      partition: 0,
      highWatermark: last + 1n,
      lastOffset: last,
      messages: versions.map((version) => messageAt(version - 1)),
    };
  };
  const endsAt = (high: bigint): Ends => new Map([[0, { low: 0n, high }]]);

  test('is reported; what was known stays, and no snapshot skips it', () => {
    const { table, projection, problems } = follow();
    projection.reach(topic, endsAt(3n));
    projection.apply(batchOf(1, 2, 3));
    expect(problems).toEqual(['a message could not be decoded']);
    expect(projection.caughtUp()).toBe(true);
    expect(table.get('a')).toEqual({ key: 'a', version: 2 });
    expect(projection.dump()).toBeUndefined();
  });

  test('does not bring back, in a second reading, what is older than that has read', () => {
    const before = follow();
    before.projection.reach(topic, endsAt(1n));
    before.projection.apply(batchOf(1));
    const { table, projection } = follow(before.projection.dump());
    projection.reach(topic, endsAt(3n));
    projection.apply(batchOf(1, 2, 3));
    expect(projection.caughtUp()).toBe(true);
    expect(table.get('a')).toEqual({ key: 'a', version: 2 });
  });
});

test('while a topic is read a second time, readers see the old entries; after that, the new ones', () => {
  const table = newTable();
  const projection = createProjection([table], [], () => undefined);
  const read = (offset: number, high: bigint): void => {
    const lastOffset = BigInt(offset);
    projection.apply({ topic, partition: 0, highWatermark: high, lastOffset, messages: [messageAt(offset)] });
  };
  const version = (): number | undefined => table.get('a')?.version;
  projection.load([{ topic, offsets: new Map([[0, 5n]]), entries: [['a', 5, '{"key":"a","version":5}']] }], true);
  projection.reach(topic, undefined);
  projection.reach(topic, new Map([[0, { low: 0n, high: 2n }]]));
  expect(version()).toBe(5);
  read(0, 2n);
  expect(version()).toBe(5);
  expect(projection.dump()).toBeUndefined();
  read(1, 2n);
  expect(version()).toBe(2);
});

test('an emptied partition, which begins where it ends, counts as caught up', () => {
  const projection = createProjection([newTable()], [], () => undefined);
  expect(projection.caughtUp()).toBe(false);
  projection.reach(topic, new Map([[0, { low: 7n, high: 7n }]]));
  expect(projection.caughtUp()).toBe(true);
});

test('a tail begins at the end, goes on from the snapshot, and sees every event once though batches overlap', () => {
  const seen: number[] = [];
  const follow = (high: bigint, saved: SavedTopic[] = []) => {
    const tail = createTail({ topic, onEvent: ({ version }) => seen.push(version) });
    const projection = createProjection([], [tail], () => undefined);
    projection.load(saved, false);
    projection.reach(topic, new Map([[0, { low: 0n, high }]]));
    return projection;
  };
  const apply = (projection: Projection, from: number, to: number): void => {
    const messages = Array.from({ length: to - from + 1 }, (_, index) => messageAt(from + index));
    const lastOffset = BigInt(to);
    projection.apply({ topic, partition: 0, highWatermark: lastOffset + 1n, lastOffset, messages });
  };
  const first = follow(2n);
  expect(first.caughtUp()).toBe(true);
  apply(first, 0, 3);
  apply(first, 2, 4);
  const second = follow(7n, first.dump());
  expect(second.caughtUp()).toBe(false);
  apply(second, 3, 6);
  expect(second.caughtUp()).toBe(true);
  expect(seen).toEqual([3, 4, 5, 6, 7]);
});
