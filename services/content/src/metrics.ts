import type { Logger, Metrics } from '@portal/runtime';

interface PostFields {
  unitId: string;
  postId: string;
}

/** One helper per business event: its counter and its log line cannot drift apart. */
export function createContentMetrics(metrics: Metrics) {
  const postsCreated = metrics.counter('portal_content_posts_created_total', 'Drafts created.');
  const postsPublished = metrics.counter('portal_content_posts_published_total', 'Posts put on a site.');
  const postsWithdrawn = metrics.counter('portal_content_posts_withdrawn_total', 'Posts taken off a site.');
  return {
    postCreated(log: Logger, { unitId, postId }: PostFields): void {
      postsCreated.inc();
      log.info({ unitId, postId }, 'post created');
    },
    postPublished(log: Logger, { unitId, postId }: PostFields): void {
      postsPublished.inc();
      log.info({ unitId, postId }, 'post published');
    },
    postWithdrawn(log: Logger, { unitId, postId }: PostFields): void {
      postsWithdrawn.inc();
      log.info({ unitId, postId }, 'post withdrawn');
    },
  };
}

export type ContentMetrics = ReturnType<typeof createContentMetrics>;
