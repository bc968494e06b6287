import { createMongo } from '@portal/mongo';
import { endpoints, indexesReadBy, onCleanup, silentLogger, testNames } from '@portal/testkit';
import { createGrantStore } from '../src/grant/store.ts';
import { createPersonStore } from '../src/person/store.ts';
import { createSessionStore } from '../src/session/store.ts';

const { database } = testNames(import.meta.url);
const mongo = createMongo({ url: endpoints().mongoUrl, database, appName: 'test', log: silentLogger });
const noEvents = () => [];
const grants = createGrantStore(mongo, noEvents);
const sessions = createSessionStore(mongo, noEvents);
const people = createPersonStore(mongo);
const now = new Date();

beforeAll(async () => {
  onCleanup(() => mongo.stop());
  await mongo.start();
  onCleanup(() => mongo.connection.dropDatabase());
});

test.each<[string, string, () => Promise<unknown>]>([
  ['grants on a unit', 'unitId_1_createTime_1__id_1', () => grants.list('u1', { pageSize: 2, pageToken: '' })],
  ['grants of one role on a unit', 'one_grant_per_role', () => grants.listByRole('u1', 'ROLE_EDITOR')],
  ['grants of a person', 'personId_1', () => grants.listOfPerson('p1')],
  ['grants that have run out', 'until_1', () => grants.listExpired(now, 10)],
  ['revocations nobody needs', 'until_1', () => sessions.listExpired(now, 10)],
  ['people with work that is due', 'dueTime_1', () => people.listDue(now, 10)],
])('the list of %s reads the index %s', async (_name, index, list) => {
  expect(await indexesReadBy(mongo, list)).toEqual([index]);
});
