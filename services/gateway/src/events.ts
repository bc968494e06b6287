import { fromJson } from '@portal/contracts';
import type { PostEvent } from '@portal/contracts/content/v1/PostEvent';
import { createTail } from '@portal/events';
import type { JsonObject, Tail } from '@portal/events';
import type { PurgeMode } from './pages/page-tags.ts';
import type { SiteTables } from './sites/tables.ts';

export type Purge = (tag: string, mode: PurgeMode) => void;

/** Tags of cached pages: everything that a page shows and that can change. */
export const pageTag = {
  /** A unit's site: its state and hosts. */
  site: (unitId: string): string => `site:${unitId}`,
  /** A unit's own data: its name. */
  unit: (unitId: string): string => `unit:${unitId}`,
  /** The list of a unit's published posts. */
  posts: (unitId: string): string => `posts:${unitId}`,
  post: (postId: string): string => `post:${postId}`,
};

/** Purges the pages that show a unit, its host or its site whenever one of them changes. */
export function purgeOnSiteChanges(tables: SiteTables, purge: Purge): void {
  tables.units.onChange((unitId) => {
    purge(pageTag.unit(unitId), 'refresh');
  });
  tables.sites.onChange((unitId, next, previous) => {
    const isTakenOffLine = previous?.live === true && next?.live !== true;
    purge(pageTag.site(unitId), isTakenOffLine ? 'evict' : 'refresh');
  });
  tables.bindings.onChange((_host, next, previous) => {
    for (const unitId of new Set([next?.unitId, previous?.unitId])) {
      if (unitId !== undefined) purge(pageTag.site(unitId), 'refresh');
    }
  });
}

/** Purges what a post's change makes old. A post that left the site takes every page with it that shows it. */
export function createPostTail(purge: Purge): Tail {
  return createTail({
    topic: 'portal.content.post.v1',
    onEvent({ key, data }) {
      // Until it is known that the post may be shown, it may not: the tombstone, and what cannot be read, is neither.
      const post = data === null ? null : readPost(data, () => purge(pageTag.post(key), 'evict'));
      if (post?.state === 'POST_STATE_DRAFT') return;
      purge(pageTag.post(key), post?.state === 'POST_STATE_PUBLISHED' ? 'refresh' : 'evict');
      if (post !== null) purge(pageTag.posts(post.unitId), 'refresh');
    },
  });
}

function readPost(data: JsonObject, onUnreadable: () => void): PostEvent['post'] {
  try {
    return (fromJson('portal.content.v1.PostEvent', data, { unknown: 'ignore' }) as PostEvent).post;
  } catch (error) {
    onUnreadable();
    throw error;
  }
}
