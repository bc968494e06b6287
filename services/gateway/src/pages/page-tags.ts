/** `evict`: what was rendered before must never be shown again. `refresh`: it is old, but better than nothing. */
export type PurgeMode = 'evict' | 'refresh';

/** Services follow topics at different speeds: a render this soon after a purge may still have read the old state. */
export const settleMs = 10_000;

interface TagState {
  /** Number of the last purge of either mode, and of the last `evict`; 0 = never. */
  purged: number;
  evicted: number;
  purgedAt: number;
  evictedAt: number;
}

export interface PageTags {
  /** Number of the last purge so far. A render notes it before it reads anything. */
  generation(): number;
  purge(tag: string, mode: PurgeMode): void;
  /** Whether one of the tags was purged (in any mode, or by an `evict`) after `generation`. */
  purgedSince(tags: readonly string[], generation: number): boolean;
  evictedSince(tags: readonly string[], generation: number): boolean;
  /** Whether a render begun at `at` came less than `settleMs` after a purge of one of its tags. */
  unsettled(tags: readonly string[], at: number): boolean;
  unsettledByEvict(tags: readonly string[], at: number): boolean;
}

/**
 * What was purged when. One counter numbers the purges of all tags, so that a render can note its generation before
 * its tags are known. At most `maxTags` are remembered, the latest purged; whatever is older than a forgotten purge
 * counts as evicted.
 */
export function createPageTags(now: () => number, maxTags = 100_000): PageTags {
  const states = new Map<string, TagState>();
  let generation = 0;
  let forgotten = { purged: 0, at: -Infinity };

  const after = (tags: readonly string[], since: number, field: 'purged' | 'evicted'): boolean =>
    since < forgotten.purged || tags.some((tag) => (states.get(tag)?.[field] ?? 0) > since);

  const near = (tags: readonly string[], at: number, field: 'purgedAt' | 'evictedAt'): boolean =>
    at - forgotten.at < settleMs || tags.some((tag) => at - (states.get(tag)?.[field] ?? -Infinity) < settleMs);

  return {
    generation: () => generation,

    purge(tag, mode) {
      generation += 1;
      const state = states.get(tag) ?? { purged: 0, evicted: 0, purgedAt: -Infinity, evictedAt: -Infinity };
      state.purged = generation;
      state.purgedAt = now();
      if (mode === 'evict') {
        state.evicted = state.purged;
        state.evictedAt = state.purgedAt;
      }
      // Back in at the end: the map stays ordered by last purge.
      states.delete(tag);
      states.set(tag, state);
      if (states.size > maxTags) {
        const [oldest] = states as Iterable<[string, TagState]>;
        if (oldest === undefined) return;
        states.delete(oldest[0]);
        forgotten = { purged: oldest[1].purged, at: oldest[1].purgedAt };
      }
    },

    purgedSince: (tags, since) => after(tags, since, 'purged'),
    evictedSince: (tags, since) => after(tags, since, 'evicted'),
    unsettled: (tags, at) => near(tags, at, 'purgedAt'),
    unsettledByEvict: (tags, at) => near(tags, at, 'evictedAt'),
  };
}
