import type { AppError } from '@portal/errors';
import mongoose from 'mongoose';
import { notFound } from '@portal/errors';
import { Schema, aggregateSchema, mapMongoError } from '../src/index.ts';
import { closeAll, newMongo } from './_mongo.ts';

interface Thing {
  _id: string;
  code: number;
  version: number;
  schemaVersion: number;
}

const mongo = newMongo();
const schema = aggregateSchema('things', { code: { type: Number, required: true } });
schema.index({ code: 1 }, { name: 'one_per_code', unique: true });
const things = mongo.model<Thing>('Thing', schema);
const thing = (id: string, code: number): Thing => ({ _id: id, code, version: 1, schemaVersion: 1 });

beforeAll(async () => {
  await mongo.start();
  await things.create(thing('t1', 1));
});
afterAll(closeAll);

const unavailable = { kind: 'UNAVAILABLE', reason: 'STORE_UNAVAILABLE', retryAfterMs: 1_000 };

const mappedFrom = async (run: () => PromiseLike<unknown>): Promise<AppError> => {
  try {
    await run();
  } catch (error) {
    return mapMongoError(error);
  }
  throw new Error('nothing was thrown');
};

test.each([
  ['of a query', () => things.create(thing('t2', 1)), 'one_per_code'],
  ['of the driver', () => things.collection.insertOne({ _id: 't2', code: 1 } as never), 'one_per_code'],
  ['of an id', () => things.collection.insertOne({ _id: 't1', code: 2 } as never), '_id_'],
  ['of a bulk write', () => things.insertMany([thing('t2', 1)]), 'one_per_code'],
  ['of an update', () => things.updateOne({ _id: 't0' }, { code: 1 }, { upsert: true }), 'one_per_code'],
])('a duplicate %s names its index', async (_what, run, index) => {
  const error = await mappedFrom(run);
  expect(error).toMatchObject({ kind: 'ALREADY_EXISTS', reason: 'DUPLICATE', metadata: { index } });
});

test('a document that does not fit its schema is a fault of ours', async () => {
  for (const run of [
    () => things.create({ ...thing('t3', 3), code: 'x' as never }),
    () => things.create({ _id: 't3', version: 1, schemaVersion: 1 } as never),
    () => things.create({ ...thing('t3', 3), colour: 'red' } as never),
    () => things.find({ code: 'x' as never }),
  ]) {
    expect(await mappedFrom(run)).toMatchObject({ kind: 'INTERNAL', reason: 'DOCUMENT_INVALID' });
  }
});

test('anything else of the store is INTERNAL, with the cause for the log', async () => {
  const error = await mappedFrom(() => things.aggregate([{ $nonsense: 1 } as never]));
  expect(error).toMatchObject({ kind: 'INTERNAL', reason: 'STORE_FAILED' });
  expect(error.cause).toBeInstanceOf(Error);
});

test('an AppError stays what it is', () => {
  const error = notFound('THING_NOT_FOUND');
  expect(mapMongoError(error)).toBe(error);
});

test('two transactions on one document: the second is ABORTED', async () => {
  const [first, second] = [await mongo.connection.startSession(), await mongo.connection.startSession()];
  first.startTransaction();
  second.startTransaction();
  await things.updateOne({ _id: 't1' }, { code: 11 }, { session: first });
  const error = await mappedFrom(() => things.updateOne({ _id: 't1' }, { code: 12 }, { session: second }));
  await Promise.all([first.abortTransaction(), second.abortTransaction()]);
  expect(error).toMatchObject({ kind: 'ABORTED', reason: 'WRITE_CONFLICT' });
});

test.each<[Error, object]>([
  [new mongoose.mongo.MongoNetworkError('gone'), unavailable],
  [new mongoose.mongo.MongoNetworkTimeoutError('slow'), unavailable],
  [new mongoose.mongo.MongoTopologyClosedError('closed'), unavailable],
  [new mongoose.mongo.MongoServerError({ message: 'not primary', code: 10107 }), unavailable],
  [new mongoose.mongo.MongoServerError({ message: 'shutting down', code: 91 }), unavailable],
  [new mongoose.mongo.MongoServerError({ message: 'no such transaction', code: 251 }), { reason: 'WRITE_CONFLICT' }],
  [new mongoose.mongo.MongoServerError({ message: 'too large', code: 10334 }), { reason: 'STORE_FAILED' }],
  [new Error('a bug'), { kind: 'INTERNAL', reason: 'STORE_FAILED' }],
])('%s is told apart', (error, expected) => {
  expect(mapMongoError(error)).toMatchObject({ ...expected, cause: error });
});

describe('a store that is away', () => {
  const away = newMongo({ url: 'mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=200', startTimeoutMs: 300 });
  const model = away.model<Thing>('Thing', aggregateSchema('things', { code: { type: Number } }));

  test('start rejects after its time', async () => {
    await expect(away.start()).rejects.toMatchObject(unavailable);
    expect(away.ready()).toBe(false);
  });

  test('queries, transactions and pings say so at once', async () => {
    const started = performance.now();
    await expect(model.findOne({ _id: 'x' })).rejects.toMatchObject(unavailable);
    const read = away.transaction((session) => model.findOne({ _id: 'x' }, null, { session }));
    await expect(read).rejects.toMatchObject(unavailable);
    expect(await away.ping()).toBe(false);
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  test('stop ends a start that waits', async () => {
    const waiting = newMongo({ url: 'mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=200' });
    const start = waiting.start();
    const rejected = expect(start).rejects.toThrow();
    await waiting.stop();
    await rejected;
  });
});

test('a model must name its collection', () => {
  expect(() => mongo.model('Nameless', new Schema({}))).toThrow('names no collection');
});
