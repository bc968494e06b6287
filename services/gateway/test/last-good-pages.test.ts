import { createMongo } from '@portal/mongo';
import { endpoints, eventually, onCleanup, silentLogger, testNames } from '@portal/testkit';
import { createLastGoodPages } from '../src/pages/last-good-pages.ts';
import { packPage, unpackPage } from '../src/pages/packed-page.ts';
import type { PackedPage } from '../src/pages/packed-page.ts';

const { database } = testNames(import.meta.url);
const renderedAt = Date.UTC(2026, 8, 5);

async function open(limits?: { maxPages: number; trimEvery: number }) {
  const mongo = createMongo({ url: endpoints().mongoUrl, database, appName: 'gateway', log: silentLogger });
  const store = createLastGoodPages(mongo, silentLogger, limits);
  await mongo.start();
  onCleanup(async () => {
    await store.stop?.();
    await mongo.stop();
  });
  return store;
}

const page = (text: string, ...tags: string[]): Promise<PackedPage> =>
  packPage(`<p>${text}</p>`, { status: 200, path: '/bai-viet/x', tags, keep: true });

it('gives a page back as it was kept, to another process too', async () => {
  const store = await open();
  const kept = await page('Trường Tiểu học Bình Khánh', 'post:1', 'unit:1');
  store.keep('a page', kept, renderedAt);
  const other = await open();
  const found = await eventually(() => other.find('a page'));
  expect(found.renderedAt).toBe(renderedAt);
  expect(unpackPage(found.page).toString()).toBe('<p>Trường Tiểu học Bình Khánh</p>');
  const { path, tags, etag, gzipHeaders } = kept;
  expect(found.page).toMatchObject({ path, tags, etag, gzipHeaders, status: 200, keep: true });
});

it('never gives out a page of an evicted tag, from the call on, and keeps the others', async () => {
  const store = await open();
  store.keep('evicted', await page('x', 'tag:a', 'tag:b'), renderedAt);
  store.keep('other', await page('y', 'tag:b'), renderedAt);
  await eventually(() => store.find('other'));
  store.evict('tag:a');
  expect(await store.find('evicted')).toBeUndefined();
  expect(await store.find('other')).toBeDefined();
  const later = await open();
  await eventually(async () => (await later.find('evicted')) === undefined);
});

it('takes a copy that was about to be written along with its eviction, and one rendered later not', async () => {
  const store = await open();
  store.keep('overtaken', await page('before', 'tag:c'), renderedAt);
  store.evict('tag:c');
  store.keep('later', await page('after', 'tag:c'), renderedAt + 1);
  expect(unpackPage((await eventually(() => store.find('later'))).page).toString()).toBe('<p>after</p>');
  expect(await store.find('overtaken')).toBeUndefined();
});

it('writes the same page again after an eviction', async () => {
  const store = await open();
  const same = await page('the same', 'tag:d');
  store.keep('same', same, renderedAt);
  await eventually(() => store.find('same'));
  store.evict('tag:d');
  await eventually(async () => (await store.find('same')) === undefined);
  store.keep('same', same, renderedAt + 1);
  await eventually(() => store.find('same'));
});

it('keeps no page that is too large, and lets the oldest go when there are too many', async () => {
  const store = await open({ maxPages: 3, trimEvery: 1 });
  const noise = Array.from({ length: 400_000 }, () => Math.random().toString(36)).join('');
  store.keep('huge', await page(noise), renderedAt + 1_000);
  for (let index = 0; index < 8; index += 1)
    store.keep(`many ${index}`, await page(`page ${index}`), renderedAt + 10 + index);
  await eventually(() => store.find('many 7'));
  expect(await store.find('huge')).toBeUndefined();
  await eventually(async () => (await store.find('many 4')) === undefined);
  for (const index of [5, 6, 7]) expect(await store.find(`many ${index}`)).toBeDefined();
});
