import { acceptsGzip, matchesEtag, packPage, unpackPage } from '../src/pages/packed-page.ts';

it.each([
  ['gzip', true],
  ['gzip, deflate, br, zstd', true],
  ['br, GZIP;q=0.8', true],
  ['x-gzip', true],
  ['deflate,gzip', true],
  [undefined, false],
  ['', false],
  ['identity', false],
  ['br', false],
  ['gzip;q=0', false],
  ['br, gzip; q=0.0 , deflate', false],
  ['notgzip', false],
  ['gzipped', false],
])('Accept-Encoding %s takes gzip: %s', (header, expected) => {
  expect(acceptsGzip(header)).toBe(expected);
});

it.each([
  ['W/"abc"', true],
  ['"abc"', true],
  ['"x", W/"abc"', true],
  ['*', true],
  [undefined, false],
  ['W/"abd"', false],
  ['abc', false],
])('If-None-Match %s matches: %s', (header, expected) => {
  expect(matchesEtag(header, 'W/"abc"')).toBe(expected);
});

it('keeps a document as it is, under an etag that stands for it', async () => {
  const html = '<!doctype html><title>Trường Tiểu học Bình Khánh</title>'.repeat(50);
  const [page, same, other] = await Promise.all([
    packPage(html, { status: 200 }),
    packPage(html, { status: 200 }),
    packPage(`${html} `, { status: 200 }),
  ]);
  expect(unpackPage(page).toString()).toBe(html);
  expect(page.length).toBe(Buffer.byteLength(html));
  expect(page.etag).toBe(same.etag);
  expect(page.etag).not.toBe(other.etag);
});
