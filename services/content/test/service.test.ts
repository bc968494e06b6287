import { contentContract, toJson } from '@portal/contracts';
import type { Post } from '@portal/contracts/content/v1/Post';
import type { CallOptions } from '@portal/runtime';
import {
  answerAbout,
  createFacts,
  createPerson,
  eventually,
  fakeClock,
  refusalOf,
  serviceConfig,
  signIn,
  silentLogger,
  startService,
  testNames,
} from '@portal/testkit';
import type { RunningService } from '@portal/testkit';
import fc from 'fast-check';
import { createContentService } from '../src/service.ts';

const names = testNames(import.meta.url);
const facts = createFacts(names);
const clock = fakeClock('2026-09-01T00:00:00Z');
const [school, otherSchool] = ['thbinhkhanh', 'thlongthanh'];
const [nowhere, noPost] = ['f'.repeat(24), 'e'.repeat(24)];
/** The gateway on behalf of a citizen. */
const citizen: CallOptions = { timeoutMs: 10_000 };

let service: RunningService;
let content: ReturnType<typeof connect>;
/** Head of the editorial board of `school`: writes and publishes. */
let boardHead: CallOptions;
/** Writes for `school`, does not publish. */
let editor: CallOptions;
/** Head of the board of `otherSchool`. */
let neighbour: CallOptions;

const connect = () => service.client(contentContract);

beforeAll(async () => {
  service = await startService(
    (config: ReturnType<typeof serviceConfig>) => createContentService(config, { clock, log: silentLogger }),
    serviceConfig(names),
  );
  content = connect();
  const people = await Promise.all([1, 2, 3].map(async () => signIn(await createPerson())));
  [boardHead, editor, neighbour] = people.map(({ token }) => ({ token, timeoutMs: 10_000 })) as [
    CallOptions,
    CallOptions,
    CallOptions,
  ];
  const [boardHeadId, editorId, neighbourId] = people.map(({ personId }) => personId) as [string, string, string];
  await facts.grantsAndUnits({
    units: [{ unitId: school }, { unitId: otherSchool }],
    grants: [
      { personId: boardHeadId, role: 'ROLE_BOARD_HEAD', unitId: school },
      { personId: editorId, role: 'ROLE_EDITOR', unitId: school },
      { personId: neighbourId, role: 'ROLE_BOARD_HEAD', unitId: otherSchool },
    ],
  });
  await eventually(() => content.listPosts({ unitId: school }, editor));
  await eventually(() => content.listPosts({ unitId: otherSchool }, neighbour));
}, 90_000);

async function createDraft(title = 'Thông báo', options = editor, unitId = school): Promise<Post> {
  return (await content.createPost({ unitId, title, body: 'Kính gửi quý cha mẹ học sinh.' }, options)).post!;
}

async function publish({ unitId, postId, etag }: Post, options = boardHead): Promise<Post> {
  return (await content.publishPost({ unitId, postId, etag }, options)).post!;
}

async function withdraw({ unitId, postId, etag }: Post): Promise<Post> {
  return (await content.withdrawPost({ unitId, postId, etag, reason: 'Sai ngày' }, boardHead)).post!;
}

/** Every rpc with a good request about the unit and, where it has one, the post. */
const calls: Record<string, (unitId: string, options: CallOptions, postId?: string) => Promise<unknown>> = {
  createPost: (unitId, options) => content.createPost({ unitId, title: 'Thông báo', body: 'Kính gửi.' }, options),
  getPost: (unitId, options, postId = noPost) => content.getPost({ unitId, postId }, options),
  listPosts: (unitId, options) => content.listPosts({ unitId }, options),
  publishPost: (unitId, options, postId = noPost) => content.publishPost({ unitId, postId, etag: 'v1' }, options),
  withdrawPost: (unitId, options, postId = noPost) =>
    content.withdrawPost({ unitId, postId, etag: 'v1', reason: 'Sai ngày' }, options),
  getPublishedPost: (unitId, options, postId = noPost) => content.getPublishedPost({ unitId, postId }, options),
  listPublishedPosts: (unitId, options) => content.listPublishedPosts({ unitId }, options),
};
const publicRpcs = ['getPublishedPost', 'listPublishedPosts'];
const guardedRpcs = Object.keys(calls).filter((rpc) => !publicRpcs.includes(rpc));
const callOf = (rpc: string) => calls[rpc]!;

describe('every rpc', () => {
  test('is in the tables of this file', () => {
    expect([...publicRpcs, ...guardedRpcs].sort()).toEqual(contentContract.rpcs.map(({ key }) => key).sort());
  });

  test.each(guardedRpcs)('%s refuses whoever is not signed in', async (rpc) => {
    expect(await refusalOf(callOf(rpc)(school, citizen))).toMatchObject({
      kind: 'UNAUTHENTICATED',
      reason: 'TOKEN_MISSING',
    });
    expect(await refusalOf(callOf(rpc)(school, { ...citizen, token: 'x.y.z' }))).toMatchObject({
      kind: 'UNAUTHENTICATED',
      reason: 'TOKEN_INVALID',
    });
  });

  test.each(guardedRpcs)('%s answers about a unit that the caller may not know of as about none', async (rpc) => {
    const shown = (unitId: string, options: CallOptions) => answerAbout(unitId, callOf(rpc)(unitId, options));
    const answer = await shown(nowhere, boardHead);
    expect(answer).toMatchObject({ kind: 'NOT_FOUND', reason: 'UNIT_NOT_FOUND', metadata: { unitId: '<id>' } });
    expect(await shown(otherSchool, boardHead)).toEqual(answer);
    expect(await shown(school, neighbour)).toEqual(answer);
  });

  test.each(['getPost', 'publishPost', 'withdrawPost', 'getPublishedPost'])(
    '%s answers about the post of another unit as about none',
    async (rpc) => {
      const theirs = await publish(await createDraft('Của trường bạn', neighbour, otherSchool), neighbour);
      const shown = (postId: string) => answerAbout(postId, callOf(rpc)(school, boardHead, postId));
      const answer = await shown(noPost);
      expect(answer).toMatchObject({ kind: 'NOT_FOUND', reason: 'POST_NOT_FOUND', metadata: { postId: '<id>' } });
      expect(await shown(theirs.postId)).toEqual(answer);
    },
  );

  test.each(['publishPost', 'withdrawPost'])('%s is not for an editor', async (rpc) => {
    const draft = await createDraft();
    expect(await refusalOf(callOf(rpc)(school, editor, draft.postId))).toMatchObject({
      kind: 'PERMISSION_DENIED',
      reason: 'PERMISSION_MISSING',
    });
  });

  test.each(publicRpcs)('%s serves the gateway alone', async (rpc) => {
    const client = service.client(contentContract, 'document') as unknown as Record<string, Rpc>;
    expect(await refusalOf(client[rpc]!({ unitId: school, postId: noPost }, citizen))).toMatchObject({
      kind: 'PERMISSION_DENIED',
      reason: 'CALLER_NOT_ALLOWED',
    });
  });

  type Rpc = (request: object, options: CallOptions) => Promise<unknown>;
  const draft = { unitId: school, title: 'Thông báo', body: 'Kính gửi.' };
  const change = { unitId: school, postId: noPost, etag: 'v1' };
  const long = 'x'.repeat(65);
  test.each<[rpc: string, violation: string, request: object]>([
    ['createPost', 'unitId REQUIRED', { ...draft, unitId: '' }],
    ['createPost', 'unitId TOO_LONG', { ...draft, unitId: long }],
    ['createPost', 'title REQUIRED', { ...draft, title: '' }],
    ['createPost', 'title REQUIRED', { ...draft, title: ' \u00A0' }],
    ['createPost', 'title TOO_LONG', { ...draft, title: 'ế'.repeat(301) }],
    ['createPost', 'title CONTROL_CHARACTER', { ...draft, title: 'hai\ndòng' }],
    ['createPost', 'title COMBINING_MARK', { ...draft, title: 'Lơ\u0302\u0303i' }],
    ['createPost', 'body REQUIRED', { ...draft, body: '' }],
    ['createPost', 'body REQUIRED', { ...draft, body: '\n \n' }],
    ['createPost', 'body TOO_LONG', { ...draft, body: 'ế'.repeat(100_001) }],
    ['createPost', 'body CONTROL_CHARACTER', { ...draft, body: 'chuông\u0007' }],
    ['createPost', 'body COMBINING_MARK', { ...draft, body: 'x\u0301' }],
    ['getPost', 'unitId REQUIRED', { unitId: '', postId: noPost }],
    ['getPost', 'unitId TOO_LONG', { unitId: long, postId: noPost }],
    ['getPost', 'postId REQUIRED', { unitId: school, postId: '' }],
    ['getPost', 'postId TOO_LONG', { unitId: school, postId: long }],
    ['listPosts', 'unitId REQUIRED', { unitId: '' }],
    ['listPosts', 'unitId TOO_LONG', { unitId: long }],
    ['listPosts', 'pageSize TOO_SMALL', { unitId: school, pageSize: -1 }],
    ['listPosts', 'pageSize TOO_LARGE', { unitId: school, pageSize: 201 }],
    ['listPosts', 'pageToken TOO_LONG', { unitId: school, pageToken: 'x'.repeat(1001) }],
    ['publishPost', 'unitId REQUIRED', { ...change, unitId: '' }],
    ['publishPost', 'unitId TOO_LONG', { ...change, unitId: long }],
    ['publishPost', 'postId REQUIRED', { ...change, postId: '' }],
    ['publishPost', 'postId TOO_LONG', { ...change, postId: long }],
    ['publishPost', 'etag REQUIRED', { ...change, etag: '' }],
    ['publishPost', 'etag TOO_LONG', { ...change, etag: long }],
    ['withdrawPost', 'unitId REQUIRED', { ...change, reason: 'x', unitId: '' }],
    ['withdrawPost', 'unitId TOO_LONG', { ...change, reason: 'x', unitId: long }],
    ['withdrawPost', 'postId REQUIRED', { ...change, reason: 'x', postId: '' }],
    ['withdrawPost', 'postId TOO_LONG', { ...change, reason: 'x', postId: long }],
    ['withdrawPost', 'etag REQUIRED', { ...change, reason: 'x', etag: '' }],
    ['withdrawPost', 'etag TOO_LONG', { ...change, reason: 'x', etag: long }],
    ['withdrawPost', 'reason REQUIRED', { ...change, reason: '  ' }],
    ['withdrawPost', 'reason TOO_LONG', { ...change, reason: 'x'.repeat(501) }],
    ['withdrawPost', 'reason CONTROL_CHARACTER', { ...change, reason: 'hai\ndòng' }],
    ['withdrawPost', 'reason COMBINING_MARK', { ...change, reason: 'x\u0301' }],
    ['getPublishedPost', 'unitId REQUIRED', { unitId: '', postId: noPost }],
    ['getPublishedPost', 'unitId TOO_LONG', { unitId: long, postId: noPost }],
    ['getPublishedPost', 'postId REQUIRED', { unitId: school, postId: '' }],
    ['getPublishedPost', 'postId TOO_LONG', { unitId: school, postId: long }],
    ['listPublishedPosts', 'unitId REQUIRED', { unitId: '' }],
    ['listPublishedPosts', 'unitId TOO_LONG', { unitId: long }],
    ['listPublishedPosts', 'pageSize TOO_SMALL', { unitId: school, pageSize: -1 }],
    ['listPublishedPosts', 'pageSize TOO_LARGE', { unitId: school, pageSize: 201 }],
    ['listPublishedPosts', 'pageToken TOO_LONG', { unitId: school, pageToken: 'x'.repeat(1001) }],
  ])('%s refuses %s', async (rpc, violation, request) => {
    const options = publicRpcs.includes(rpc) ? citizen : boardHead;
    const client = content as unknown as Record<string, Rpc>;
    const { kind, reason, violations } = await refusalOf(client[rpc]!(request, options));
    expect({ kind, reason }).toEqual({ kind: 'INVALID_ARGUMENT', reason: 'INVALID_REQUEST' });
    expect(violations.map(({ field, reason }) => `${field} ${reason}`)).toEqual([violation]);
  });
});

describe('a post', () => {
  test('is kept in NFC, goes from draft to published to withdrawn, and each state is published whole', async () => {
    const request = {
      unitId: school,
      title: '  Lễ khai giảng  năm học mới'.normalize('NFD'),
      body: 'Kính mời.\r\n\r\nTrân trọng.\n',
    };
    const { post: draft } = await content.createPost(request, editor);
    const createTime = clock.now();
    expect(draft).toEqual({
      postId: expect.stringMatching(/^[0-9a-f]{24}$/),
      unitId: school,
      state: 'POST_STATE_DRAFT',
      title: 'Lễ khai giảng năm học mới',
      body: 'Kính mời.\n\nTrân trọng.',
      excerpt: 'Kính mời. Trân trọng.',
      slug: `le-khai-giang-nam-hoc-moi-${draft!.postId}`,
      publishTime: null,
      createTime,
      updateTime: createTime,
      etag: 'v1',
    });
    clock.advance(60_000);
    const published = await publish(draft!);
    expect(published).toEqual({
      ...draft,
      state: 'POST_STATE_PUBLISHED',
      publishTime: clock.now(),
      updateTime: clock.now(),
      etag: 'v2',
    });
    clock.advance(60_000);
    const withdrawn = await withdraw(published);
    expect(withdrawn).toEqual({ ...published, state: 'POST_STATE_WITHDRAWN', updateTime: clock.now(), etag: 'v3' });
    expect((await content.getPost({ unitId: school, postId: draft!.postId }, editor)).post).toEqual(withdrawn);

    await eventually(async () => {
      const topic = await facts.rawTopic('portal.content.post.v1');
      const messages = topic.filter(({ key }) => key === draft!.postId);
      expect(messages.map(({ headers }) => headers.ce_type)).toEqual([
        'portal.content.post.created.v1',
        'portal.content.post.published.v1',
        'portal.content.post.withdrawn.v1',
      ]);
      expect(messages.map(({ value }) => JSON.parse(value ?? 'null') as unknown)).toEqual(
        [draft, published, withdrawn].map((post) => toJson('portal.content.v1.PostEvent', { post })),
      );
      expect(messages.map(({ headers }) => headers.ce_version)).toEqual(['1', '2', '3']);
      return true;
    });
  });

  test('is seen by the public only while it is published', async () => {
    const publicView = async ({ unitId, postId }: Post) => {
      const { posts } = await content.listPublishedPosts({ unitId, pageSize: 200 }, citizen);
      const listed = posts.find((post) => post.postId === postId);
      const found = await content.getPublishedPost({ unitId, postId }, citizen).catch((error: unknown) => {
        expect(error).toMatchObject({ kind: 'NOT_FOUND', reason: 'POST_NOT_FOUND', metadata: { postId } });
        return { post: undefined };
      });
      const { body: _, ...summary } = found.post ?? { body: '' };
      expect(listed).toEqual(found.post && summary);
      return found.post;
    };
    const draft = await createDraft();
    expect(await publicView(draft)).toBeUndefined();
    const published = await publish(draft);
    expect(await publicView(published)).toEqual(published);
    expect(await publicView(await withdraw(published))).toBeUndefined();
  });

  test('keeps to its states', async () => {
    const draft = await createDraft();
    const notPublished = { kind: 'FAILED_PRECONDITION', reason: 'POST_NOT_PUBLISHED' };
    const notDraft = { kind: 'FAILED_PRECONDITION', reason: 'POST_NOT_DRAFT' };
    expect(await refusalOf(withdraw(draft))).toMatchObject({ ...notPublished, metadata: { state: 'DRAFT' } });
    const published = await publish(draft);
    expect(await refusalOf(publish(published))).toMatchObject({ ...notDraft, metadata: { state: 'PUBLISHED' } });
    const withdrawn = await withdraw(published);
    expect(await refusalOf(publish(withdrawn))).toMatchObject({ ...notDraft, metadata: { state: 'WITHDRAWN' } });
    expect(await refusalOf(withdraw(withdrawn))).toMatchObject({ ...notPublished, metadata: { state: 'WITHDRAWN' } });
  });

  test('that changed since it was read is neither published nor withdrawn', async () => {
    const stale = { kind: 'ABORTED', reason: 'STALE_VERSION' };
    const draft = await createDraft();
    expect(await refusalOf(publish({ ...draft, etag: 'v7' }))).toMatchObject(stale);
    const published = await publish(draft);
    expect(await refusalOf(publish(draft))).toMatchObject(stale);
    expect(await refusalOf(withdraw(draft))).toMatchObject(stale);
    await withdraw(published);
  });

  test('published by several at once is published once', async () => {
    const draft = await createDraft();
    const outcomes = await Promise.allSettled(Array.from({ length: 6 }, () => publish(draft)));
    const refusals = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
    expect(refusals).toHaveLength(5);
    for (const refusal of refusals) expect(refusal).toMatchObject({ kind: 'ABORTED', reason: 'STALE_VERSION' });
    const { post } = await content.getPost({ unitId: school, postId: draft.postId }, editor);
    expect(post).toMatchObject({ state: 'POST_STATE_PUBLISHED', etag: 'v2' });
  });
});

describe('a list', () => {
  test('is newest first, the public one by the time of publication', async () => {
    const posts: Post[] = [];
    for (const title of ['một', 'hai', 'ba']) {
      clock.advance(1000);
      posts.push(await createDraft(title, neighbour, otherSchool));
    }
    const [one, two, three] = posts as [Post, Post, Post];
    for (const post of [two, three, one]) {
      clock.advance(1000);
      await publish(post, neighbour);
    }
    const { posts: all } = await content.listPosts({ unitId: otherSchool, pageSize: 3 }, neighbour);
    expect(all.map(({ title }) => title)).toEqual(['ba', 'hai', 'một']);
    const { posts: shown } = await content.listPublishedPosts({ unitId: otherSchool, pageSize: 3 }, citizen);
    expect(shown.map(({ title }) => title)).toEqual(['một', 'ba', 'hai']);
  });

  test('leaves the bodies out: a page of the longest would be larger than a message may be', async () => {
    const body = 'ế'.repeat(100_000);
    clock.advance(1000);
    const created = await Promise.all(
      Array.from({ length: 20 }, () => content.createPost({ unitId: otherSchool, title: 'Dài', body }, neighbour)),
    );
    for (const { post } of created) await publish(post!, neighbour);
    const { posts: all } = await content.listPosts({ unitId: otherSchool, pageSize: 20 }, neighbour);
    const { posts: shown } = await content.listPublishedPosts({ unitId: otherSchool, pageSize: 20 }, citizen);
    for (const list of [all, shown]) {
      expect(list).toHaveLength(20);
      expect(list.every(({ excerpt }) => excerpt === `${'ế'.repeat(200)}…`)).toBe(true);
    }
  });

  test('has every post on exactly one page, whatever is written between two pages', async () => {
    const batch = fc.array(fc.integer({ min: 0, max: 1 }), { maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(
        fc.boolean(),
        batch,
        fc.array(batch, { maxLength: 2 }),
        fc.integer({ min: 1, max: 3 }),
        async (isPublic, first, later, pageSize) => {
          // Several posts share a moment; what comes later is newer than all of them.
          const write = async (batch: readonly number[]): Promise<string[]> => {
            clock.advance(10);
            const drafts: Post[] = [];
            for (const ms of batch) {
              clock.advance(ms);
              drafts.push(await createDraft());
            }
            if (isPublic) for (const draft of drafts) await publish(draft);
            return drafts.map(({ postId }) => postId);
          };
          const list = (pageToken: string) =>
            isPublic
              ? content.listPublishedPosts({ unitId: school, pageSize, pageToken }, citizen)
              : content.listPosts({ unitId: school, pageSize, pageToken }, editor);
          const there = await write(first);
          const seen: string[] = [];
          let pageToken = '';
          do {
            const page = await list(pageToken);
            seen.push(...page.posts.map(({ postId }) => postId));
            pageToken = page.nextPageToken;
            await write(later.shift() ?? []);
          } while (pageToken !== '' && seen.length < 60);
          expect(new Set(seen).size).toBe(seen.length);
          expect(seen).toEqual(expect.arrayContaining(there));
        },
      ),
      { numRuns: 8 },
    );
  });

  test('refuses the page token of another list', async () => {
    await createDraft();
    await createDraft();
    const { nextPageToken } = await content.listPosts({ unitId: school, pageSize: 1 }, editor);
    expect(nextPageToken).not.toBe('');
    const other = content.listPosts({ unitId: otherSchool, pageToken: nextPageToken }, neighbour);
    expect(await refusalOf(other)).toMatchObject({ kind: 'INVALID_ARGUMENT', reason: 'PAGE_TOKEN_INVALID' });
    const publicList = content.listPublishedPosts({ unitId: school, pageToken: nextPageToken }, citizen);
    expect(await refusalOf(publicList)).toMatchObject({ kind: 'INVALID_ARGUMENT', reason: 'PAGE_TOKEN_INVALID' });
  });
});
