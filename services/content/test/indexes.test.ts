import { createMongo } from '@portal/mongo';
import { endpoints, indexesReadBy, onCleanup, silentLogger, testNames } from '@portal/testkit';
import { createPostStore } from '../src/post/store.ts';

const { database } = testNames(import.meta.url);
const mongo = createMongo({ url: endpoints().mongoUrl, database, appName: 'test', log: silentLogger });
const posts = createPostStore(mongo, () => []);
const firstPage = { pageSize: 2, pageToken: '' };

beforeAll(async () => {
  onCleanup(() => mongo.stop());
  await mongo.start();
  onCleanup(() => mongo.connection.dropDatabase());
});

test.each<[string, string, () => Promise<unknown>]>([
  ['posts', 'unitId_1_createTime_-1__id_-1', () => posts.list('u1', firstPage)],
  ['published posts', 'unitId_1_state_1_publishTime_-1__id_-1', () => posts.listPublished('u1', firstPage)],
])('the list of %s reads the index %s', async (_name, index, list) => {
  expect(await indexesReadBy(mongo, list)).toEqual([index]);
});
