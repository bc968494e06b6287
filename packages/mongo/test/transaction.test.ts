import { failedPrecondition } from '@portal/errors';
import { aggregateSchema } from '../src/index.ts';
import { closeAll, newMongo } from './_mongo.ts';

interface Counter {
  _id: string;
  value: number;
}

const mongo = newMongo();
const fields = { value: { type: Number, required: true } };
const counters = mongo.model<Counter>('Counter', aggregateSchema('counters', fields));

const valueOf = async (id: string): Promise<number | undefined> => (await counters.findOne({ _id: id }).lean())?.value;
const create = (id: string) => counters.create({ _id: id, value: 0, version: 1, schemaVersion: 1 } as never);

beforeAll(() => mongo.start());
afterAll(closeAll);

test('writes of a transaction that throws are not there, and its error comes out as it is', async () => {
  await create('a');
  const error = failedPrecondition('NOT_NOW');
  const run = mongo.transaction(async (session) => {
    await counters.updateOne({ _id: 'a' }, { value: 5 }, { session });
    throw error;
  });
  await expect(run).rejects.toBe(error);
  expect(await valueOf('a')).toBe(0);

  const bug = new TypeError('a bug');
  await expect(mongo.transaction(() => Promise.reject(bug))).rejects.toBe(bug);
});

test('read-modify-write of many at once loses none', async () => {
  await create('b');
  const increment = () =>
    mongo.transaction(async (session) => {
      const before = await counters.findOne({ _id: 'b' }, null, { session }).lean();
      await counters.updateOne({ _id: 'b' }, { value: (before?.value ?? 0) + 1 }, { session });
    });
  await Promise.all(Array.from({ length: 12 }, increment));
  expect(await valueOf('b')).toBe(12);
});

test('conflicts that do not end are ABORTED within the time given', async () => {
  await create('c');
  const holder = await mongo.connection.startSession();
  holder.startTransaction();
  await counters.updateOne({ _id: 'c' }, { value: 1 }, { session: holder });
  const started = performance.now();
  const write = mongo.transaction((session) => counters.updateOne({ _id: 'c' }, { value: 2 }, { session }), {
    timeoutMs: 300,
  });
  await expect(write).rejects.toMatchObject({ kind: 'ABORTED', reason: 'WRITE_CONFLICT' });
  expect(performance.now() - started).toBeLessThan(3_000);
  await holder.abortTransaction();
  expect(await valueOf('c')).toBe(0);
});

test('a signal ends the attempts', async () => {
  await create('d');
  const holder = await mongo.connection.startSession();
  holder.startTransaction();
  await counters.updateOne({ _id: 'd' }, { value: 1 }, { session: holder });
  const controller = new AbortController();
  let runs = 0;
  const write = mongo.transaction(
    (session) => {
      runs += 1;
      if (runs === 3) controller.abort();
      return counters.updateOne({ _id: 'd' }, { value: 2 }, { session });
    },
    { signal: controller.signal },
  );
  await expect(write).rejects.toMatchObject({ kind: 'ABORTED' });
  expect(runs).toBe(3);
  await holder.abortTransaction();
});
