import { createMongo } from '@portal/mongo';
import { endpoints, indexesReadBy, onCleanup, silentLogger, testNames } from '@portal/testkit';
import { createDomainBindingStore } from '../src/domain-binding/store.ts';
import { createUnitStore } from '../src/unit/store.ts';

const { database } = testNames(import.meta.url);
const mongo = createMongo({ url: endpoints().mongoUrl, database, appName: 'test', log: silentLogger });
const noEvents = () => [];
const units = createUnitStore(mongo, noEvents);
const bindings = createDomainBindingStore(mongo, noEvents);

beforeAll(async () => {
  onCleanup(() => mongo.stop());
  await mongo.start();
  onCleanup(() => mongo.connection.dropDatabase());
});

test.each<[string, string, () => Promise<unknown>]>([
  ['units under one', 'parentId_1_nameKey_1__id_1', () => units.listChildren('u1', { pageSize: 2, pageToken: '' })],
  ['hosts of a unit', 'unitId_1_canonical_-1__id_1', () => bindings.listOfUnit('u1')],
])('the list of %s reads the index %s', async (_name, index, list) => {
  expect(await indexesReadBy(mongo, list)).toEqual([index]);
});
