import { aggregateSchema } from '@portal/mongo';
import type { Aggregate, Change, Fact } from '../src/index.ts';
import { createWorld, noteTopic, noteType, randomId } from './_world.ts';

interface Row {
  key: string;
  version: number;
  n: number;
  data: string | null;
  actorId: string;
  requestId?: string;
}

const world = createWorld(import.meta.url);
const { model, store, change, write } = world;
const labelSchema = aggregateSchema('labels', { name: { type: String, required: true } });
labelSchema.index({ name: 1 }, { name: 'one_label_per_name', unique: true });
const labelModel = world.mongo.model<{ _id: string; name: string }>('Label', labelSchema);
/** Nobody follows labels. */
const labels: Aggregate = { name: 'label', topic: '', model: labelModel };
const by = { actorId: 'tester', requestId: 'request-1' };

const label = (id: string, expectedVersion: number, name: string): Change => ({
  aggregate: labels,
  id,
  expectedVersion,
  next: { name },
  facts: [],
});
const stored = (id: string) => model.findOne({ _id: id }).lean();
const outbox = () => world.mongo.connection.collection<Row>('outbox');
const rowsOf = (key: string): Promise<Row[]> => outbox().find({ key }).sort({ version: 1, n: 1 }).toArray();

beforeAll(() => world.mongo.start());

test('a commit writes the document, its version and its fact', async () => {
  const id = randomId();
  await store.commit([change(id, 0, 'một')], by);
  expect(await stored(id)).toEqual({ _id: id, text: 'một', version: 1, schemaVersion: 1 });
  expect(await rowsOf(id)).toMatchObject([
    { version: 1, n: 0, data: JSON.stringify({ noteId: id, text: 'một' }), ...by, sentAt: null },
  ]);
});

test.each([2, 5, 12])('of %d writers that know the same version exactly one wins', async (writers) => {
  const id = randomId();
  await write(id, 0, 'start');
  const attempts = Array.from({ length: writers }, (_, index) => write(id, 1, `writer ${index}`));
  const outcomes = await Promise.allSettled(attempts);
  const won = outcomes.flatMap(({ status }, index) => (status === 'fulfilled' ? [index] : []));
  expect(won).toHaveLength(1);
  const reasons = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as object] : []));
  for (const reason of reasons) expect(reason).toMatchObject({ kind: 'ABORTED', reason: 'STALE_VERSION' });
  expect(await stored(id)).toMatchObject({ text: `writer ${won[0]}`, version: 2 });
  expect(await rowsOf(id)).toHaveLength(2);
});

test('of many that create the same aggregate exactly one wins', async () => {
  const id = randomId();
  const outcomes = await Promise.allSettled(Array.from({ length: 6 }, () => write(id, 0, 'x')));
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  const lost = expect.objectContaining({ kind: 'ALREADY_EXISTS', reason: 'DUPLICATE', metadata: { index: '_id_' } });
  for (const outcome of outcomes) if (outcome.status === 'rejected') expect(outcome.reason).toEqual(lost);
  expect(await rowsOf(id)).toHaveLength(1);
});

describe('several changes', () => {
  test('are written together', async () => {
    const [a, b, c] = [randomId(), randomId(), randomId()];
    await store.commit([change(a, 0, 'a'), label(b, 0, b), change(c, 0, 'c')], by);
    expect(await stored(a)).toMatchObject({ version: 1 });
    expect(await labelModel.findOne({ _id: b }).lean()).toMatchObject({ name: b, version: 1 });
    expect(await stored(c)).toMatchObject({ version: 1 });
  });

  test.each<[string, (taken: string) => Change, string]>([
    ['a stale version', () => change(randomId(), 3, 'x'), 'STALE_VERSION'],
    ['a unique index', (taken) => label(randomId(), 0, taken), 'DUPLICATE'],
    ['a document that does not fit', () => ({ ...label(randomId(), 0, ''), next: { nmae: 'x' } }), 'DOCUMENT_INVALID'],
  ])('are not written at all when %s refuses the last of them', async (_what, last, reason) => {
    const [existing, created, taken] = [randomId(), randomId(), randomId()];
    await write(existing, 0, 'before');
    await store.commit([label(taken, 0, taken)], by);
    const commit = store.commit([change(existing, 1, 'after'), change(created, 0, 'new'), last(taken)], by);
    await expect(commit).rejects.toMatchObject({ reason });
    expect(await stored(existing)).toMatchObject({ text: 'before', version: 1 });
    expect(await stored(created)).toBeNull();
    expect(await outbox().countDocuments({ key: { $in: [existing, created] } })).toBe(1);
  });

  test('that meet in both their aggregates from two sides leave one of them whole', async () => {
    const [a, b] = [randomId(), randomId()];
    await store.commit([change(a, 0, 'start'), change(b, 0, 'start')], by);
    const outcomes = await Promise.allSettled([
      store.commit([change(a, 1, 'left'), change(b, 1, 'left')], by),
      store.commit([change(b, 1, 'right'), change(a, 1, 'right')], by),
    ]);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect((await stored(a))?.text).toBe((await stored(b))?.text);
  });
});

describe('a deletion', () => {
  test('leaves a final fact and a tombstone', async () => {
    const id = randomId();
    await write(id, 0, 'x');
    await write(id, 1, null);
    expect(await stored(id)).toBeNull();
    expect((await rowsOf(id)).map(({ version, n, data }) => [version, n, data === null])).toEqual([
      [1, 0, false],
      [2, 0, false],
      [2, 1, true],
    ]);
  });

  test('of a stale version does nothing', async () => {
    const id = randomId();
    await write(id, 0, 'x');
    await write(id, 1, 'y');
    await expect(write(id, 1, null)).rejects.toMatchObject({ reason: 'STALE_VERSION' });
    expect(await stored(id)).toMatchObject({ text: 'y' });
  });

  test('ends the use of the id: readers remember its last version', async () => {
    const id = randomId();
    await write(id, 0, 'x');
    await write(id, 1, null);
    await expect(write(id, 0, 'again')).rejects.toMatchObject({ kind: 'ALREADY_EXISTS', reason: 'ID_RETIRED' });
  });
});

describe('what would mislead readers is refused', () => {
  const fact: Fact = { type: noteType, data: {} };
  test.each<[string, (id: string) => Change[]]>([
    ['an aggregate twice', (id) => [change(id, 0, 'a'), change(id, 0, 'b')]],
    ['a change without a fact', (id) => [{ ...change(id, 0, 'a'), facts: [] }]],
    ['a deletion without a tombstone', (id) => [{ ...change(id, 1, 'a'), next: null }]],
    ['a tombstone without a deletion', (id) => [{ ...change(id, 0, 'a'), facts: [{ ...fact, tombstone: true }] }]],
    ['a fact after the tombstone', (id) => [{ ...change(id, 1, null), facts: [{ ...fact, tombstone: true }, fact] }]],
    ['a fact of an aggregate without a topic', (id) => [{ ...label(id, 0, id), facts: [fact] }]],
    ['a deletion of what never was', (id) => [change(id, 0, null)]],
    ['a version that is none', (id) => [change(id, 0.5, 'a')]],
  ])('%s', async (_what, changes) => {
    const id = randomId();
    await expect(store.commit(changes(id), by)).rejects.toMatchObject({ kind: 'INTERNAL', reason: 'CHANGE_INVALID' });
    expect(await rowsOf(id)).toEqual([]);
  });
});

test('a commit whose answer was lost and that is repeated succeeds', async () => {
  const id = randomId();
  await write(id, 0, 'x');
  // The store as it is after a first attempt that was committed: a repetition meets its own version and its own rows.
  const { transaction } = world.mongo;
  world.mongo.transaction = async (run, options) => {
    await transaction(run, options);
    return transaction(run, options);
  };
  try {
    await write(id, 1, 'y');
    await write(randomId(), 0, 'z');
    await write(id, 2, null);
  } finally {
    world.mongo.transaction = transaction;
  }
  expect((await rowsOf(id)).map(({ version }) => version)).toEqual([1, 2, 3, 3]);
});

describe('with an inbox id', () => {
  test('a commit happens once, however often and however many at once', async () => {
    const [id, inbox] = [randomId(), randomId()];
    const attempt = () => store.commit([change(id, 0, 'x')], by, { inbox });
    await Promise.allSettled(Array.from({ length: 5 }, attempt));
    await attempt();
    expect(await rowsOf(id)).toHaveLength(1);
  });

  test('a commit that fails can be tried again', async () => {
    const [id, inbox] = [randomId(), randomId()];
    await expect(store.commit([change(id, 7, 'x')], by, { inbox })).rejects.toMatchObject({ reason: 'STALE_VERSION' });
    await store.commit([change(id, 0, 'x')], by, { inbox });
    expect(await stored(id)).toMatchObject({ version: 1 });
  });
});

test('a commit in a transaction of the caller shares its fate', async () => {
  const [id, other] = [randomId(), randomId()];
  const run = world.mongo.transaction(async (session) => {
    await store.commit([change(id, 0, 'x')], by, { session });
    throw new Error('changed my mind');
  });
  await expect(run).rejects.toThrow('changed my mind');
  expect(await stored(id)).toBeNull();
  await world.mongo.transaction((session) => store.commit([change(other, 0, 'x')], by, { session }));
  expect(await rowsOf(other)).toMatchObject([{ topic: noteTopic }]);
});
