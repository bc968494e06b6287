import type { Aggregate, Change, Fact } from '@portal/events';
import { aggregateSchema, createUpcaster, findPage, unitScoped } from '@portal/mongo';
import type { Mongo, Page, PageRequest } from '@portal/mongo';
import type { Post, PostDecision, PostSummary } from './domain.ts';

interface PostDocument extends Omit<Post, 'postId'> {
  _id: string;
  schemaVersion: number;
}

type SummaryDocument = Omit<PostDocument, 'body'>;

const schemaVersion = 1;
const upcast = createUpcaster<PostDocument>({ current: schemaVersion, steps: {} });
const upcastSummary = createUpcaster<SummaryDocument>({ current: schemaVersion, steps: {} });

export interface PostStore {
  readonly aggregate: Aggregate;
  /** Undefined for another unit's post too. */
  find(unitId: string, postId: string): Promise<Post | undefined>;
  /** In any state, newest first. */
  list(unitId: string, page: PageRequest): Promise<Page<PostSummary>>;
  /** What the site shows, latest first. */
  listPublished(unitId: string, page: PageRequest): Promise<Page<PostSummary>>;
  /** For `commit`: the decision's state with what it publishes. */
  change(decision: PostDecision): Change;
}

/** `toEvents` says what a decision publishes. */
export function createPostStore(mongo: Mongo, toEvents: (decision: PostDecision) => Fact[]): PostStore {
  const schema = aggregateSchema('posts', {
    unitId: { type: String, required: true },
    state: { type: String, required: true },
    title: { type: String, required: true },
    body: { type: String, required: true },
    excerpt: { type: String, required: true },
    slug: { type: String, required: true },
    publishTime: { type: Date, default: null },
    withdrawReason: { type: String, default: '' },
    createTime: { type: Date, required: true },
    updateTime: { type: Date, required: true },
  });
  unitScoped(schema);
  schema.index({ unitId: 1, createTime: -1, _id: -1 });
  schema.index({ unitId: 1, state: 1, publishTime: -1, _id: -1 });
  const model = mongo.model<PostDocument>('Post', schema);
  const aggregate: Aggregate = { name: 'post', topic: 'portal.content.post.v1', model };

  return {
    aggregate,
    async find(unitId, postId) {
      const document = await model.findOne({ _id: postId, unitId }).lean();
      return document === null ? undefined : read(document);
    },
    async list(unitId, page) {
      const order = { createTime: -1, _id: -1 } as const;
      return findPage({ model, filter: { unitId }, order, without: ['body'], read: readSummary }, page);
    },
    async listPublished(unitId, page) {
      const filter = { unitId, state: 'PUBLISHED' };
      const order = { publishTime: -1, _id: -1 } as const;
      return findPage({ model, filter, order, without: ['body'], read: readSummary }, page);
    },
    change(decision) {
      const { postId, version, ...next } = decision.post;
      const facts = toEvents(decision);
      return { aggregate, id: postId, expectedVersion: version - 1, next, schemaVersion, facts };
    },
  };
}

function read(document: PostDocument): Post {
  const { _id: postId, schemaVersion: _, ...post } = upcast(document);
  return { postId, ...post };
}

function readSummary(document: SummaryDocument): PostSummary {
  const { _id: postId, schemaVersion: _, ...summary } = upcastSummary(document);
  return { postId, ...summary };
}
