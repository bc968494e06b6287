import { unavailable } from '@portal/errors';
import { createPageTags } from './page-tags.ts';
import type { PageTags, PurgeMode } from './page-tags.ts';

/** What the cache has to know of a page. Times are in milliseconds since the epoch. */
export interface Cacheable {
  /** Everything the page was made from. */
  readonly tags: readonly string[];
  readonly bytes: number;
  /** The moment from which the page would look different. */
  readonly validUntil?: number | undefined;
  /** Lives shorter than the hard lifetime. */
  readonly lifetimeMs?: number | undefined;
  /** May be shown when a render fails. */
  readonly keep: boolean;
}

/** `hit` fresh · `old` refreshed at this moment · `miss` just rendered · `stale` the last good copy, a render failed. */
type ServedState = 'hit' | 'old' | 'miss' | 'stale';

export interface Served<P> {
  page: P;
  state: ServedState;
  renderedAt: number;
}

/** Where last good copies outlive the process. */
export interface LastGoodPages<P> {
  /** Does not throw: a store that is away has no copy. */
  find(key: string): Promise<{ page: P; renderedAt: number } | undefined>;
  /** In the background, in the order of the calls. */
  keep(key: string, page: P, renderedAt: number): void;
  evict(tag: string): void;
}

export interface PageCacheOptions<P> {
  now: () => number;
  maxBytes: number;
  lastGood?: LastGoodPages<P>;
  tags?: PageTags;
}

export interface PageCache<P> {
  /** The copy that may be shown at once, if there is one. */
  find(key: string): Served<P> | undefined;
  /**
   * As `find`, else waits for the one render of this key. Throws what `render` threw when there is no good copy, and
   * UNAVAILABLE `PAGE_CHANGING` when every render was overtaken by an `evict`.
   */
  get(key: string, render: () => Promise<P>): Promise<Served<P>>;
  purge(tag: string, mode: PurgeMode): void;
  size(): { entries: number; bytes: number };
}

export const hardLifetimeMs = 5 * 60_000;
/** Life of what was rendered less than `settleMs` after a purge of one of its tags. */
export const unsettledLifetimeMs = 5_000;
/** After a failed render the last good copy is shown this long before the next attempt. */
export const holdMs = 2_000;
/** Keys, arrays and objects of an entry, roughly. */
const entryOverhead = 600;
/** Renders begun for one request before it gives up against a stream of evictions. */
const maxAttempts = 3;

interface Entry<P> {
  page: P;
  bytes: number;
  renderedAt: number;
  generation: number;
  /** From here on shown only while a new render runs. */
  oldAt: number;
  /** From here on shown only when a render failed. */
  endsAt: number;
  /** May be shown when a render failed. */
  keep: boolean;
  /** A render failed: shown as it is until then. */
  heldUntil: number;
}

interface Flown<P> {
  entry: Entry<P>;
  state: ServedState;
}

/** The rendered pages. See "Serving the public" in docs/architecture.md for the rules that this file carries out. */
export function createPageCache<P extends Cacheable>(options: PageCacheOptions<P>): PageCache<P> {
  const { now, maxBytes, lastGood } = options;
  const tags = options.tags ?? createPageTags(now);
  const entries = new Map<string, Entry<P>>();
  const flights = new Map<string, Promise<Flown<P>>>();
  let bytes = 0;

  const weigh = (key: string, page: P): number => page.bytes + key.length * 2 + entryOverhead;
  const isEvicted = (entry: Entry<P>): boolean => tags.evictedSince(entry.page.tags, entry.generation);

  function remove(key: string): void {
    bytes -= entries.get(key)?.bytes ?? 0;
    entries.delete(key);
  }

  function put(key: string, entry: Entry<P>): void {
    remove(key);
    // One page may not push out everything else.
    if (entry.bytes > maxBytes / 8) return;
    entries.set(key, entry);
    bytes += entry.bytes;
    for (const oldest of entries.keys()) {
      if (bytes <= maxBytes) return;
      remove(oldest);
    }
  }

  function served(key: string, entry: Entry<P>, state: ServedState): Served<P> {
    entries.delete(key);
    entries.set(key, entry);
    return { page: entry.page, state, renderedAt: entry.renderedAt };
  }

  function find(key: string): Served<P> | undefined {
    const entry = entries.get(key);
    if (entry === undefined) return undefined;
    if (entry.generation !== tags.generation() && isEvicted(entry)) {
      remove(key);
      return undefined;
    }
    const time = now();
    const old = time >= entry.oldAt || isPurged(entry);
    if (!old && time < entry.endsAt) return served(key, entry, 'hit');
    if (time < entry.heldUntil) return served(key, entry, 'stale');
    if (time < entry.endsAt && flights.has(key)) return served(key, entry, 'old');
    return undefined;
  }

  function isPurged(entry: Entry<P>): boolean {
    const current = tags.generation();
    if (entry.generation === current) return false;
    if (tags.purgedSince(entry.page.tags, entry.generation)) return true;
    // None of the purges so far was about this page: the next look need not go through its tags again.
    entry.generation = current;
    return false;
  }

  function store(key: string, page: P, renderedAt: number, generation: number): Entry<P> {
    const lifetimeMs = Math.min(page.lifetimeMs ?? Infinity, hardLifetimeMs);
    const endsAt = Math.min(renderedAt + lifetimeMs, page.validUntil ?? Infinity);
    const unsettledEnd = tags.unsettled(page.tags, renderedAt) ? renderedAt + unsettledLifetimeMs : Infinity;
    // What may still hold what was taken down is not shown a moment longer, not even when nothing else is left.
    const suspect = tags.unsettledByEvict(page.tags, renderedAt);
    const entry: Entry<P> = {
      page,
      bytes: weigh(key, page),
      renderedAt,
      generation,
      oldAt: Math.min(endsAt, unsettledEnd),
      endsAt: suspect ? Math.min(endsAt, unsettledEnd) : endsAt,
      keep: page.keep && !suspect,
      heldUntil: -Infinity,
    };
    if (isEvicted(entry)) {
      remove(key);
    } else {
      put(key, entry);
      if (entry.keep) lastGood?.keep(key, page, renderedAt);
    }
    return entry;
  }

  /** The copy to show after a failed render, held for a moment so that a broken service is not asked by everybody. */
  async function findLastGood(key: string): Promise<Entry<P> | undefined> {
    const inMemory = entries.get(key);
    if (inMemory?.keep === true && !isEvicted(inMemory)) {
      inMemory.heldUntil = now() + holdMs;
      return inMemory;
    }
    const generation = tags.generation();
    const kept = await lastGood?.find(key);
    if (kept === undefined || tags.unsettledByEvict(kept.page.tags, kept.renderedAt)) return undefined;
    const { page, renderedAt } = kept;
    const times = { renderedAt, oldAt: -Infinity, endsAt: -Infinity, heldUntil: now() + holdMs };
    const entry: Entry<P> = { page, bytes: weigh(key, page), generation, keep: true, ...times };
    if (isEvicted(entry)) return undefined;
    put(key, entry);
    return entry;
  }

  async function fly(key: string, render: () => Promise<P>): Promise<Flown<P>> {
    const renderedAt = now();
    const generation = tags.generation();
    try {
      return { entry: store(key, await render(), renderedAt, generation), state: 'miss' };
    } catch (error) {
      const entry = await findLastGood(key);
      if (entry === undefined) throw error;
      return { entry, state: 'stale' };
    } finally {
      flights.delete(key);
    }
  }

  async function get(key: string, render: () => Promise<P>): Promise<Served<P>> {
    for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
      const found = find(key);
      if (found !== undefined) return found;
      const flight = flights.get(key) ?? fly(key, render);
      flights.set(key, flight);
      const { entry, state } = await flight;
      if (!isEvicted(entry)) return { page: entry.page, state, renderedAt: entry.renderedAt };
    }
    throw unavailable('PAGE_CHANGING', { retryAfterMs: 1000 });
  }

  return {
    find,
    get,
    purge(tag, mode) {
      tags.purge(tag, mode);
      if (mode === 'evict') lastGood?.evict(tag);
    },
    size: () => ({ entries: entries.size, bytes }),
  };
}
