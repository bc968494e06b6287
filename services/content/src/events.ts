import { etagOf, toJson } from '@portal/contracts';
import type { Post as PostMessage } from '@portal/contracts/content/v1/Post';
import type { PostSummary as PostSummaryMessage } from '@portal/contracts/content/v1/PostSummary';
import type { Fact } from '@portal/events';
import type { Post, PostDecision, PostFact, PostSummary } from './post/domain.ts';

/** What each fact is called once it is published. */
const postTypes: Record<PostFact, string> = {
  created: 'portal.content.post.created.v1',
  published: 'portal.content.post.published.v1',
  withdrawn: 'portal.content.post.withdrawn.v1',
};

export function postEvents({ post, facts }: PostDecision): Fact[] {
  const data = toJson('portal.content.v1.PostEvent', { post: postMessage(post) });
  return facts.map((fact) => ({ type: postTypes[fact], data }));
}

/** The post as the contract shows it, in events and answers alike. */
export function postMessage({ version, state, withdrawReason: _, ...post }: Post): PostMessage {
  return { ...post, state: `POST_STATE_${state}`, etag: etagOf(version) };
}

export function postSummaryMessage({ version, state, withdrawReason: _, ...post }: PostSummary): PostSummaryMessage {
  return { ...post, state: `POST_STATE_${state}`, etag: etagOf(version) };
}
