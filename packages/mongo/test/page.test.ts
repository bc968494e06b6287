import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { aggregateSchema, createMongo, encodePageToken, findPage } from '../src/index.ts';
import type { Mongo, Page, PageRequest } from '../src/index.ts';

interface Item {
  _id: string;
  unitId: string;
  time: Date;
  version: number;
  schemaVersion: number;
}

const url = process.env.MONGO_URL ?? '';
const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
let mongo: Mongo;
let listItems: (unitId: string, page: PageRequest, direction?: 1 | -1) => Promise<Page<string>>;
let insert: (unitId: string, items: readonly { id: string; time: number }[]) => Promise<void>;
const finds: { filter: object; options: object }[] = [];

beforeAll(async () => {
  mongo = createMongo({ url, database: `test_${randomBytes(6).toString('hex')}`, appName: 'test', log: silent });
  const schema = aggregateSchema('items', { unitId: String, time: Date });
  schema.index({ unitId: 1, time: -1, _id: -1 });
  const model = mongo.model<Item>('Item', schema);
  const read = ({ _id }: Item): string => _id;
  mongo.connection.set('debug', (_collection: string, method: string, filter: object, options: object) => {
    if (method === 'find') finds.push({ filter, options });
  });
  await mongo.start();
  listItems = (unitId, page, direction = -1) =>
    findPage({ model, filter: { unitId }, order: { time: direction, _id: direction }, read }, page);
  insert = async (unitId, items) => {
    const documents = items.map(({ id, time }) => ({
      _id: id,
      unitId,
      time: new Date(time),
      version: 1,
      schemaVersion: 1,
    }));
    await model.collection.insertMany(documents as never[]);
  };
});

afterAll(async () => {
  await mongo.connection.dropDatabase();
  await mongo.stop();
});

const newUnit = (): string => randomBytes(6).toString('hex');
const newItem = fc.record({ id: fc.uuid(), time: fc.integer({ min: 0, max: 5 }) });
const items = fc.uniqueArray(newItem, { selector: ({ id }) => id, maxLength: 12 });

test('pages show every item once and in order, whatever is inserted between them', async () => {
  await fc.assert(
    fc.asyncProperty(
      items,
      fc.array(items, { maxLength: 4 }),
      fc.integer({ min: 1, max: 5 }),
      async (first, later, pageSize) => {
        const unitId = newUnit();
        const prefixed = (list: typeof first, by: string) =>
          list.map((item) => ({ ...item, id: `${unitId}${by}${item.id}` }));
        const before = prefixed(first, 'a');
        if (before.length > 0) await insert(unitId, before);
        const seen: string[] = [];
        let pageToken = '';
        const rounds = [...later];
        do {
          const page = await listItems(unitId, { pageSize, pageToken });
          expect(page.items.length).toBeLessThanOrEqual(pageSize);
          seen.push(...page.items);
          pageToken = page.nextPageToken;
          const added = prefixed(rounds.shift() ?? [], String(rounds.length));
          if (added.length > 0) await insert(unitId, added);
        } while (pageToken !== '');

        expect(new Set(seen).size).toBe(seen.length);
        const ids = before.sort((a, b) => b.time - a.time || (a.id < b.id ? 1 : -1)).map(({ id }) => id);
        expect(seen.filter((id) => ids.includes(id))).toEqual(ids);
      },
    ),
    { numRuns: 40 },
  );
});

test('the last page says so', async () => {
  const unitId = newUnit();
  await insert(
    unitId,
    [1, 2, 3, 4].map((time) => ({ id: `${unitId}${time}`, time })),
  );
  const first = await listItems(unitId, { pageSize: 2, pageToken: '' });
  expect(first.items).toEqual([`${unitId}4`, `${unitId}3`]);
  const second = await listItems(unitId, { pageSize: 2, pageToken: first.nextPageToken });
  expect(second).toEqual({ items: [`${unitId}2`, `${unitId}1`], nextPageToken: '' });
});

test('a token of another list, or one that was tampered with, is refused', async () => {
  const [ours, theirs] = [newUnit(), newUnit()];
  await insert(
    theirs,
    [1, 2].map((time) => ({ id: `${theirs}${time}`, time })),
  );
  const { nextPageToken } = await listItems(theirs, { pageSize: 1, pageToken: '' });
  const refused = expect.objectContaining({ kind: 'INVALID_ARGUMENT', reason: 'PAGE_TOKEN_INVALID' });
  const list = { collection: 'items', filter: { unitId: ours }, order: { time: -1, _id: -1 } };

  await expect(listItems(ours, { pageSize: 1, pageToken: nextPageToken })).rejects.toEqual(refused);
  for (const position of [
    null,
    'x',
    [1],
    [1, 2, 3],
    [{ time: 'x' }, 'a'],
    [{ $gt: '' }, 'a'],
    [null, 'a'],
    [[1], 'a'],
    [{ time: 1e300 }, 'a'],
  ]) {
    await expect(listItems(ours, { pageSize: 1, pageToken: encodePageToken(list, position as never) })).rejects.toEqual(
      refused,
    );
  }
  // Of the right form but of another type than the field: an empty page or the refusal, never somebody else's items.
  expect(await listItems(ours, { pageSize: 1, pageToken: encodePageToken(list, [{ time: 1 }, 'a']) })).toEqual({
    items: [],
    nextPageToken: '',
  });
});

test('every page is read from the index of its list, and a list without one fails', async () => {
  const unitId = newUnit();
  await insert(
    unitId,
    [1, 2, 3, 4].map((time) => ({ id: `${unitId}${time}`, time })),
  );
  finds.length = 0;
  const { nextPageToken } = await listItems(unitId, { pageSize: 2, pageToken: '' });
  await listItems(unitId, { pageSize: 2, pageToken: nextPageToken });
  expect(finds).toHaveLength(3);
  for (const { filter, options } of finds.splice(0)) {
    const plan = await mongo.connection.collection('items').find(filter, options).explain();
    expect(JSON.stringify(plan.queryPlanner)).toContain('unitId_1_time_-1__id_-1');
    expect(plan.executionStats.totalDocsExamined).toBeLessThanOrEqual(4);
  }
  await expect(listItems(unitId, { pageSize: 2, pageToken: '' }, 1)).rejects.toEqual(
    expect.objectContaining({ kind: 'INTERNAL' }),
  );
});
