import { failedPrecondition, notFound } from '@portal/errors';
import type { AppError } from '@portal/errors';
import { excerptOf } from './excerpt.ts';
import { slugOf } from './slug.ts';

export type PostState = 'DRAFT' | 'PUBLISHED' | 'WITHDRAWN';

/** What a unit writes and, once published, its site shows. */
export interface Post {
  readonly postId: string;
  readonly unitId: string;
  readonly state: PostState;
  readonly title: string;
  readonly body: string;
  /** How the body begins. */
  readonly excerpt: string;
  /** Last part of the public path. */
  readonly slug: string;
  /** Null until published; kept when withdrawn. */
  readonly publishTime: Date | null;
  /** Why it was withdrawn; for the unit's own people, never published. */
  readonly withdrawReason: string;
  readonly createTime: Date;
  readonly updateTime: Date;
  /** Number of this state: 1 for the first, one more with every decision. */
  readonly version: number;
}

/** What lists show: a page of bodies could be larger than any message may be. */
export type PostSummary = Omit<Post, 'body'>;

export type PostFact = 'created' | 'published' | 'withdrawn';

export interface PostDecision {
  readonly post: Post;
  readonly facts: readonly PostFact[];
}

export interface CreatePost {
  readonly unitId: string;
  readonly title: string;
  readonly body: string;
}

export function createPost({ unitId, title, body }: CreatePost, now: Date, postId: string): PostDecision {
  const post: Post = {
    postId,
    unitId,
    state: 'DRAFT',
    title,
    body,
    excerpt: excerptOf(body),
    slug: slugOf(title, postId),
    publishTime: null,
    withdrawReason: '',
    createTime: now,
    updateTime: now,
    version: 1,
  };
  return { post, facts: ['created'] };
}

/** Throws FAILED_PRECONDITION `POST_NOT_DRAFT`: what was withdrawn does not come back under the same address. */
export function publishPost(post: Post, now: Date): PostDecision {
  if (post.state !== 'DRAFT') throw failedPrecondition('POST_NOT_DRAFT', { metadata: { state: post.state } });
  return { post: { ...next(post, now), state: 'PUBLISHED', publishTime: now }, facts: ['published'] };
}

/** Throws FAILED_PRECONDITION `POST_NOT_PUBLISHED`. */
export function withdrawPost(post: Post, reason: string, now: Date): PostDecision {
  if (post.state !== 'PUBLISHED') throw failedPrecondition('POST_NOT_PUBLISHED', { metadata: { state: post.state } });
  return { post: { ...next(post, now), state: 'WITHDRAWN', withdrawReason: reason }, facts: ['withdrawn'] };
}

/** One and the same answer for a post that never was, one of another unit and, to the public, one that is not out. */
export function postNotFound(postId: string): AppError {
  return notFound('POST_NOT_FOUND', { message: `post ${postId} not found`, metadata: { postId } });
}

function next(post: Post, now: Date): Post {
  return { ...post, updateTime: now, version: post.version + 1 };
}
