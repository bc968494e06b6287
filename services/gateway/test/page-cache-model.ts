import { holdMs, hardLifetimeMs, unsettledLifetimeMs } from '../src/pages/page-cache.ts';
import type { Cacheable, LastGoodPages } from '../src/pages/page-cache.ts';
import { settleMs } from '../src/pages/page-tags.ts';
import type { PurgeMode } from '../src/pages/page-tags.ts';

export interface TestPage extends Cacheable {
  id: number;
}

/** A page with what only an onlooker knows of it. */
export interface Render {
  page: TestPage;
  startedAt: number;
  /** Number of purges before it started. */
  after: number;
  /** Came back from the store of last good copies: good only while renders fail. */
  fromStore?: boolean;
}

interface Purge {
  tag: string;
  mode: PurgeMode;
  at: number;
  process: number;
}

export type Expected = { state: 'hit' | 'old' | 'stale'; id: number } | 'wait';

/** The rules of the page cache in the plainest words: everything is remembered, every question scans the whole log. */
export function createModel(now: () => number) {
  const purges: Purge[] = [];
  const latest = new Map<string, Render>();
  const failedAt = new Map<string, number>();
  const renders = new Map<number, Render>();
  let process = 0;

  const touches = (purge: Purge, render: Render): boolean => render.page.tags.includes(purge.tag);
  const purgedAfter = (render: Render, mode?: PurgeMode): boolean =>
    purges.slice(render.after).some((purge) => touches(purge, render) && (mode === undefined || purge.mode === mode));
  const purgedShortlyBefore = (render: Render, mode?: PurgeMode): boolean =>
    purges
      .slice(0, render.after)
      .some(
        (purge) =>
          purge.process === process &&
          touches(purge, render) &&
          (mode === undefined || purge.mode === mode) &&
          render.startedAt - purge.at < settleMs,
      );

  function endOf(render: Render): number {
    const { page, startedAt, fromStore } = render;
    if (fromStore === true) return -Infinity;
    return Math.min(startedAt + (page.lifetimeMs ?? Infinity), startedAt + hardLifetimeMs, page.validUntil ?? Infinity);
  }

  return {
    purgeCount: () => purges.length,
    purge: (tag: string, mode: PurgeMode) => void purges.push({ tag, mode, at: now(), process }),
    render: (id: number): Render | undefined => renders.get(id),
    isEvicted: (render: Render) => purgedAfter(render, 'evict'),

    succeeded(key: string, render: Render): void {
      renders.set(render.page.id, render);
      failedAt.delete(key);
      if (purgedAfter(render, 'evict')) latest.delete(key);
      else latest.set(key, render);
    },

    /** What a failed render falls back on, if the cache's memory or the store has it. */
    failed(key: string, stored: Render | undefined): Render | undefined {
      const inMemory = latest.get(key);
      const usable = (render: Render | undefined): render is Render =>
        render !== undefined &&
        render.page.keep &&
        !purgedAfter(render, 'evict') &&
        !purgedShortlyBefore(render, 'evict');
      const fallback = [inMemory, stored && { ...stored, fromStore: true }].find(usable);
      failedAt.delete(key);
      if (fallback === undefined) return undefined;
      latest.set(key, fallback);
      failedAt.set(key, now());
      return fallback;
    },

    expected(key: string, inFlight: boolean): Expected {
      const render = latest.get(key);
      if (render === undefined || purgedAfter(render, 'evict')) return 'wait';
      const { id } = render.page;
      const isUnsettled = purgedShortlyBefore(render) && now() >= render.startedAt + unsettledLifetimeMs;
      const isEnded = now() >= endOf(render) || (isUnsettled && purgedShortlyBefore(render, 'evict'));
      const isOld = isEnded || isUnsettled || purgedAfter(render);
      if (!isOld) return { state: 'hit', id };
      if (now() < (failedAt.get(key) ?? -Infinity) + holdMs) return { state: 'stale', id };
      return !isEnded && inFlight ? { state: 'old', id } : 'wait';
    },

    restart(): void {
      process += 1;
      latest.clear();
      failedAt.clear();
    },
  };
}

/** Last good copies that outlive a restart. As in a real store, an eviction arrives there some time after the call. */
export function createKeptPages() {
  const kept = new Map<string, { page: TestPage; renderedAt: number }>();
  let pending: (() => void)[] = [];
  const evict = (tag: string): void => {
    for (const [key, { page }] of kept) if (page.tags.includes(tag)) kept.delete(key);
  };
  const store: LastGoodPages<TestPage> = {
    find: (key) => Promise.resolve(kept.get(key)),
    keep: (key, page, renderedAt) => void pending.push(() => kept.set(key, { page, renderedAt })),
    evict: (tag) => void pending.push(() => evict(tag)),
  };
  return {
    store,
    peek: (key: string) => kept.get(key)?.page,
    arrive(): void {
      for (const effect of pending) effect();
      pending = [];
    },
  };
}
