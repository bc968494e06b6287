import { Schema, aggregateSchema, trusted, unitScoped } from '../src/index.ts';
import type { Model } from '../src/index.ts';
import { closeAll, newMongo } from './_mongo.ts';

interface Note {
  _id: string;
  unitId: string;
  text: string;
  version: number;
  schemaVersion: number;
}

const mongo = newMongo();
const schema = aggregateSchema('notes', { unitId: { type: String }, text: { type: String } });
unitScoped(schema);
const notes: Model<Note> = mongo.model<Note>('Note', schema);

const note = (id: string, unitId: string) => ({ _id: id, unitId, text: id, version: 1, schemaVersion: 1 });

beforeAll(async () => {
  await mongo.start();
  await notes.insertMany([note('a1', 'a'), note('a2', 'a'), note('b1', 'b')]);
});
afterAll(closeAll);

const missing = expect.objectContaining({ kind: 'INTERNAL', reason: 'UNIT_SCOPE_MISSING' });

type Run = (filter: Record<string, unknown>) => PromiseLike<unknown>;
const set = { $set: { text: 'x' } };
const forms: Record<string, Run> = {
  find: (filter) => notes.find(filter),
  'find as cursor': async (filter) => {
    for await (const _ of notes.find(filter).cursor());
  },
  'find lean': (filter) => notes.find(filter).lean(),
  findOne: (filter) => notes.findOne(filter),
  exists: (filter) => notes.exists(filter),
  countDocuments: (filter) => notes.countDocuments(filter),
  distinct: (filter) => notes.distinct('text', filter),
  updateOne: (filter) => notes.updateOne(filter, set),
  updateMany: (filter) => notes.updateMany(filter, set),
  replaceOne: (filter) => notes.replaceOne(filter, note('zz', 'a')),
  findOneAndUpdate: (filter) => notes.findOneAndUpdate(filter, set),
  findOneAndReplace: (filter) => notes.findOneAndReplace(filter, note('zz', 'a')),
  findOneAndDelete: (filter) => notes.findOneAndDelete(filter),
  deleteOne: (filter) => notes.deleteOne(filter),
  deleteMany: (filter) => notes.deleteMany(filter),
  aggregate: (filter) => notes.aggregate([{ $match: filter }]),
  'aggregate as cursor': async (filter) => {
    for await (const _ of notes.aggregate([{ $match: filter }]).cursor());
  },
  'bulkWrite update': (filter) => notes.bulkWrite([{ updateOne: { filter, update: set } }]),
  'bulkWrite delete': (filter) => notes.bulkWrite([{ deleteMany: { filter } }]),
};

describe.each(Object.entries(forms))('%s', (_form, run) => {
  test.each([
    ['nothing', {}],
    ['an id only', { _id: 'none' }],
    ['an undefined unit', { _id: 'none', unitId: undefined }],
    ['a unit excluded', { unitId: { $ne: 'none' } }],
    ['any unit', trusted({ unitId: trusted({ $exists: true }) })],
    ['the unit in one branch of $or', { $or: [{ unitId: 'none' }, { text: 'none' }] }],
  ])('a filter with %s is refused', async (_what, filter) => {
    await expect(Promise.resolve().then(() => run(filter))).rejects.toEqual(missing);
  });

  test('a filter with the unit passes', async () => {
    await expect(Promise.resolve().then(() => run({ _id: 'none', unitId: 'a' }))).resolves.not.toThrow();
  });
});

describe('other ways to the documents', () => {
  test.each<[string, () => PromiseLike<unknown>]>([
    ['findById', () => notes.findById('a1')],
    ['findByIdAndUpdate', () => notes.findByIdAndUpdate('a1', set)],
    ['findByIdAndDelete', () => notes.findByIdAndDelete('a1')],
    ['estimatedDocumentCount', () => notes.estimatedDocumentCount()],
    ['an aggregation without stages', () => notes.aggregate([])],
    [
      'an aggregation that matches later',
      () => notes.aggregate([{ $project: { text: 1 } }, { $match: { unitId: 'a' } }]),
    ],
    [
      'an aggregation into another collection',
      () => notes.aggregate([{ $match: { unitId: 'a' } }, { $unionWith: { coll: 'notes' } }]),
    ],
    ['an insert without a unit', () => notes.create({ _id: 'c1', text: 'c', version: 1, schemaVersion: 1 })],
    ['many inserts, one without a unit', () => notes.insertMany([note('d1', 'a'), { _id: 'd2' }])],
    ['a bulk insert without a unit', () => notes.bulkWrite([{ insertOne: { document: { _id: 'e1' } as Note } }])],
  ])('%s is refused', async (_what, run) => {
    await expect(Promise.resolve().then(run)).rejects.toEqual(missing);
  });

  test('several units and a reason pass', async () => {
    expect(await notes.countDocuments({ unitId: trusted({ $in: ['a', 'b'] }) })).toBe(3);
    expect(await notes.find({}, null, { acrossUnits: 'test of the plugin' })).toHaveLength(3);
    expect(await notes.find({}).setOptions({ acrossUnits: 'test of the plugin' }).countDocuments()).toBe(3);
    expect(
      await notes.aggregate([{ $project: { text: 1 } }]).option({ acrossUnits: 'test of the plugin' }),
    ).toHaveLength(3);
  });

  test('an empty reason is none', async () => {
    await expect(notes.find({}, null, { acrossUnits: '' })).rejects.toEqual(missing);
  });

  test('nothing was written by what was refused', async () => {
    const texts = await notes.find({ unitId: trusted({ $in: ['a', 'b'] }) }).lean();
    expect(texts.map(({ text }) => text).sort()).toEqual(['a1', 'a2', 'b1']);
  });
});

test('an operator from outside is taken as a value, not as an operator', async () => {
  const fromOutside = JSON.parse('{"$gt":""}') as string;
  await expect(notes.find({ unitId: 'a', text: fromOutside })).rejects.toMatchObject({ reason: 'DOCUMENT_INVALID' });
});

test('a field that the schema does not know is refused in filters', async () => {
  await expect(notes.find({ unitId: 'a', txet: 'x' } as never)).rejects.toMatchObject({ reason: 'DOCUMENT_INVALID' });
});

test('a model name stands for one schema', () => {
  expect(mongo.model('Note', schema)).toBe(notes);
  expect(() => mongo.model('Note', new Schema({}, { collection: 'notes' }))).toThrow('another schema');
});
