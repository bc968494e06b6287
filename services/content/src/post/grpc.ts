import { assertEtag } from '@portal/contracts';
import type { Handlers } from '@portal/contracts';
import type { ContentServiceDefinition } from '@portal/contracts/content/v1/ContentService';
import type { Store } from '@portal/events';
import { authorOf } from '@portal/runtime';
import type { CallContext, Clock } from '@portal/runtime';
import { postMessage, postSummaryMessage } from '../events.ts';
import type { ContentMetrics } from '../metrics.ts';
import { createPost, postNotFound, publishPost, withdrawPost } from './domain.ts';
import type { Post } from './domain.ts';
import type { PostStore } from './store.ts';

interface PostDeps {
  posts: PostStore;
  commit: Store['commit'];
  clock: Clock;
  newId: () => string;
  metrics: ContentMetrics;
}

const defaultPageSize = 50;
const defaultPublicPageSize = 20;

export function createPostHandlers(deps: PostDeps): Handlers<ContentServiceDefinition, CallContext> {
  const { posts, commit, clock, newId, metrics } = deps;

  const getPost = async (unitId: string, postId: string): Promise<Post> => {
    const post = await posts.find(unitId, postId);
    if (post === undefined) throw postNotFound(postId);
    return post;
  };

  return {
    async createPost({ unitId, title, body }, call) {
      const created = createPost({ unitId, title, body }, clock.now(), newId());
      await commit([posts.change(created)], authorOf(call));
      metrics.postCreated(call.log, created.post);
      return { post: postMessage(created.post) };
    },

    async getPost({ unitId, postId }) {
      return { post: postMessage(await getPost(unitId, postId)) };
    },

    async listPosts({ unitId, pageSize, pageToken }) {
      const page = await posts.list(unitId, { pageSize: pageSize || defaultPageSize, pageToken });
      return { posts: page.items.map(postSummaryMessage), nextPageToken: page.nextPageToken };
    },

    async publishPost({ unitId, postId, etag }, call) {
      const post = await getPost(unitId, postId);
      assertEtag(etag, post.version);
      const published = publishPost(post, clock.now());
      await commit([posts.change(published)], authorOf(call));
      metrics.postPublished(call.log, published.post);
      return { post: postMessage(published.post) };
    },

    async withdrawPost({ unitId, postId, etag, reason }, call) {
      const post = await getPost(unitId, postId);
      assertEtag(etag, post.version);
      const withdrawn = withdrawPost(post, reason, clock.now());
      await commit([posts.change(withdrawn)], authorOf(call));
      metrics.postWithdrawn(call.log, withdrawn.post);
      return { post: postMessage(withdrawn.post) };
    },

    async getPublishedPost({ unitId, postId }) {
      const post = await getPost(unitId, postId);
      // A draft and a withdrawn post do not exist for the public.
      if (post.state !== 'PUBLISHED') throw postNotFound(postId);
      return { post: postMessage(post) };
    },

    async listPublishedPosts({ unitId, pageSize, pageToken }) {
      const page = await posts.listPublished(unitId, { pageSize: pageSize || defaultPublicPageSize, pageToken });
      return { posts: page.items.map(postSummaryMessage), nextPageToken: page.nextPageToken };
    },
  };
}
