import { createTable } from '../src/index.ts';
import type { JsonObject } from '../src/index.ts';
import { createProjection } from '../src/projection.ts';
import type { Ends, SavedTopic } from '../src/projection.ts';
import { newTable, toKafka, topic } from './_stage.ts';
import type { State } from './_stage.ts';

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
  const message = (version: number) => toKafka({ offset: BigInt(version - 1), key: 'a', version, isTombstone: false });
  const batchOf = (...versions: number[]) => {
    const last = BigInt((versions.at(-1) ?? 0) - 1);
    return { topic, partition: 0, highWatermark: last + 1n, lastOffset: last, messages: versions.map(message) };
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

test('an emptied partition, which begins where it ends, counts as caught up', () => {
  const projection = createProjection([newTable()], [], () => undefined);
  expect(projection.caughtUp()).toBe(false);
  projection.reach(topic, new Map([[0, { low: 7n, high: 7n }]]));
  expect(projection.caughtUp()).toBe(true);
});
