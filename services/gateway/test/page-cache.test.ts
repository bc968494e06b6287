import { setImmediate } from 'node:timers/promises';
import { createPageCache } from '../src/pages/page-cache.ts';
import type { Cacheable } from '../src/pages/page-cache.ts';
import { createPageTags } from '../src/pages/page-tags.ts';

interface Page extends Cacheable {
  name: string;
}

const page = (name: string, rest: Partial<Page> = {}): Page => ({ name, tags: ['t'], bytes: 100, keep: true, ...rest });

function open(maxBytes = 1_000_000) {
  let time = 1_000_000;
  const cache = createPageCache<Page>({ now: () => time, maxBytes });
  return {
    cache,
    advance: (ms: number) => void (time += ms),
    show: (key: string, made: Page) => cache.get(key, () => Promise.resolve(made)),
    has: (key: string) => cache.find(key)?.state,
  };
}

it.each([
  ['without one', undefined, 300_000],
  ['of 8 s', 8_000, 8_000],
  ['longer than the hard lifetime', 900_000, 300_000],
])('a page with a lifetime %s ends after it, or after five minutes', async (_, lifetimeMs, endsAfterMs) => {
  const { show, advance, has } = open();
  await show('k', page('a', { lifetimeMs }));
  advance(endsAfterMs - 1);
  expect(has('k')).toBe('hit');
  advance(1);
  expect(has('k')).toBeUndefined();
});

it('ends at the moment from which the page would look different', async () => {
  const { show, advance, has } = open();
  await show('k', page('a', { validUntil: 1_000_000 + 60_000 }));
  advance(59_999);
  expect(has('k')).toBe('hit');
  advance(1);
  expect(has('k')).toBeUndefined();
});

it.each(['refresh', 'evict'] as const)('a page rendered within 10 s of a purge (%s) lives 5 s', async (mode) => {
  const { cache, show, advance, has } = open();
  cache.purge('t', mode);
  advance(9_999);
  await show('unsettled', page('a'));
  advance(1);
  await show('settled', page('b'));
  advance(4_998);
  expect(has('unsettled')).toBe('hit');
  advance(1);
  expect(has('unsettled')).toBeUndefined();
  expect(has('settled')).toBe('hit');
});

it('keeps what was looked at last when space is short, and never one page for all the space', async () => {
  const { show, has, cache } = open(8_000);
  for (const key of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j']) {
    await show(key, page(key));
    has('a');
  }
  for (let index = 0; index < 5; index += 1) await show(`more ${index}`, page('x'));
  expect(has('a')).toBe('hit');
  expect(has('b')).toBeUndefined();
  await show('huge', page('huge', { bytes: 1_000 }));
  expect(has('huge')).toBeUndefined();
  expect(cache.size().bytes).toBeLessThanOrEqual(8_000);
});

it('shows nobody a page that was evicted while it was being rendered', async () => {
  const { cache } = open();
  const first = Promise.withResolvers<Page>();
  let renders = 0;
  const render = (): Promise<Page> => (++renders === 1 ? first.promise : Promise.resolve(page('after')));
  const asked = [cache.get('k', render), cache.get('k', render)];
  await setImmediate();
  cache.purge('t', 'evict');
  first.resolve(page('before'));
  for (const { page: shown } of await Promise.all(asked)) expect(shown.name).toBe('after');
  expect(renders).toBe(2);
});

it('gives up when every render is overtaken by an eviction', async () => {
  const { cache } = open();
  const render = (): Promise<Page> => {
    queueMicrotask(() => {
      cache.purge('t', 'evict');
    });
    return setImmediate(page('never'));
  };
  await expect(cache.get('k', render)).rejects.toMatchObject({ kind: 'UNAVAILABLE', reason: 'PAGE_CHANGING' });
});

it('asks a broken service once in two seconds, not once per visitor', async () => {
  const { cache, show, advance } = open();
  await show('k', page('good'));
  advance(300_000);
  let renders = 0;
  const broken = (): Promise<Page> => {
    renders += 1;
    return Promise.reject(new Error('away'));
  };
  for (let visitor = 0; visitor < 10; visitor += 1) expect((await cache.get('k', broken)).state).toBe('stale');
  advance(1_999);
  expect((await cache.get('k', broken)).state).toBe('stale');
  expect(renders).toBe(1);
  advance(1);
  await cache.get('k', broken);
  expect(renders).toBe(2);
});

it('counts what is older than a forgotten purge as evicted', () => {
  let time = 0;
  const tags = createPageTags(() => time, 2);
  const before = tags.generation();
  for (const tag of ['a', 'b', 'c']) tags.purge(tag, 'refresh');
  const after = tags.generation();
  time = 20_000;
  expect(tags.evictedSince(['a'], before)).toBe(true);
  expect(tags.evictedSince(['untouched'], before)).toBe(true);
  expect(tags.evictedSince(['a', 'b', 'c'], after)).toBe(false);
  expect(tags.unsettledByEvict(['a'], 5_000)).toBe(true);
  expect(tags.unsettledByEvict(['a'], 20_000)).toBe(false);
});
