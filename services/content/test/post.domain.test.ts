import { isAppError } from '@portal/errors';
import fc from 'fast-check';
import { createPost, publishPost, withdrawPost } from '../src/post/domain.ts';
import type { Post, PostState } from '../src/post/domain.ts';
import { excerptOf } from '../src/post/excerpt.ts';
import { slugOf } from '../src/post/slug.ts';

const created = new Date('2026-09-04T08:00:00Z');
const later = new Date('2026-09-05T07:30:00Z');
const postId = '65f0c2d4a1b2c3d4e5f60718';

const draft = createPost({ unitId: 'u1', title: 'Khai giảng năm học mới', body: 'Kính mời.' }, created, postId).post;
const published = publishPost(draft, later).post;
const withdrawn = withdrawPost(published, 'Sai ngày', later).post;
const posts: Record<PostState, Post> = { DRAFT: draft, PUBLISHED: published, WITHDRAWN: withdrawn };

function outcome(decide: () => { post: Post; facts: readonly string[] }): string {
  try {
    const { post, facts } = decide();
    return `${post.state} ${facts.join()}`;
  } catch (error) {
    if (isAppError(error)) return `${error.kind} ${error.reason}`;
    throw error;
  }
}

describe('a post', () => {
  test('begins as a draft that nobody has published', () => {
    expect(draft).toEqual({
      postId,
      unitId: 'u1',
      state: 'DRAFT',
      title: 'Khai giảng năm học mới',
      body: 'Kính mời.',
      excerpt: 'Kính mời.',
      slug: `khai-giang-nam-hoc-moi-${postId}`,
      publishTime: null,
      withdrawReason: '',
      createTime: created,
      updateTime: created,
      version: 1,
    });
  });

  test.each<[PostState, 'publish' | 'withdraw', string]>([
    ['DRAFT', 'publish', 'PUBLISHED published'],
    ['DRAFT', 'withdraw', 'FAILED_PRECONDITION POST_NOT_PUBLISHED'],
    ['PUBLISHED', 'publish', 'FAILED_PRECONDITION POST_NOT_DRAFT'],
    ['PUBLISHED', 'withdraw', 'WITHDRAWN withdrawn'],
    ['WITHDRAWN', 'publish', 'FAILED_PRECONDITION POST_NOT_DRAFT'],
    ['WITHDRAWN', 'withdraw', 'FAILED_PRECONDITION POST_NOT_PUBLISHED'],
  ])('in state %s, asked to %s, answers %s', (state, command, expected) => {
    const post = posts[state];
    expect(outcome(() => (command === 'publish' ? publishPost(post, later) : withdrawPost(post, 'x', later)))).toBe(
      expected,
    );
  });

  test('counts every state and keeps what the decision does not touch', () => {
    expect(published).toEqual({ ...draft, state: 'PUBLISHED', publishTime: later, updateTime: later, version: 2 });
    expect(withdrawn).toEqual({ ...published, state: 'WITHDRAWN', withdrawReason: 'Sai ngày', version: 3 });
  });
});

describe('a slug', () => {
  test.each([
    ['Khai giảng năm học mới', 'khai-giang-nam-hoc-moi'],
    ['Đường đến trường', 'duong-den-truong'],
    ['ĐẠI HỘI ĐOÀN TRƯỜNG', 'dai-hoi-doan-truong'],
    ['Thông báo số 12/TB-THBK – “Tuyển sinh” 2026–2027!', 'thong-bao-so-12-tb-thbk-tuyen-sinh-2026-2027'],
    ['Lễ 20/11', 'le-20-11'],
    ['Hòa = Hoà', 'hoa-hoa'],
    ['Nguyễn Thị Ỷ, Ượng, ẵ ậ ợ ự', 'nguyen-thi-y-uong-a-a-o-u'],
    ['Quỹ “Vì bạn nghèo” 500.000đ', 'quy-vi-ban-ngheo-500-000d'],
  ])('of “%s” begins with %s', (title, folded) => {
    expect(slugOf(title, postId)).toBe(`${folded}-${postId}`);
    expect(slugOf(title.normalize('NFD'), postId)).toBe(`${folded}-${postId}`);
  });

  test('is the id alone where the title has no Latin letter or digit', () => {
    expect(slugOf('…?!', postId)).toBe(postId);
  });

  test('is cut between words', () => {
    const slug = slugOf('Thông báo '.repeat(20), postId);
    expect(slug).toBe(`${'thong-bao-'.repeat(7)}thong-bao-${postId}`);
    expect(slugOf('a'.repeat(200), postId)).toBe(`${'a'.repeat(80)}-${postId}`);
  });

  test('of any title is a plain path segment, the same for every Unicode form, and ends with the id', () => {
    const vietnamese = fc.string({ unit: fc.constantFrom(...'aăâđeêoôơuưyàảãáạĐẰỮỰ 0139-–"…\n') });
    fc.assert(
      fc.property(fc.oneof(vietnamese, fc.string({ unit: 'binary' })), (title) => {
        const slug = slugOf(title, postId);
        expect(slug).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
        expect(slug.length).toBeLessThanOrEqual(80 + 1 + postId.length);
        expect(slug.endsWith(postId)).toBe(true);
        expect(slugOf(title.normalize('NFD'), postId)).toBe(slug);
        expect(slugOf(title.normalize('NFC'), postId)).toBe(slug);
      }),
    );
  });
});

describe('an excerpt', () => {
  test('is the beginning on one line, cut between words', () => {
    expect(excerptOf('Thông báo\n\nvề   lễ khai giảng')).toBe('Thông báo về lễ khai giảng');
    expect(excerptOf('khai giảng, '.repeat(30))).toBe(`${'khai giảng, '.repeat(16)}khai…`);
  });

  test('is never longer than 200 letters and an ellipsis, and never half a letter', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 1000 }), (text) => {
        const excerpt = excerptOf(text);
        expect(Array.from(excerpt).length).toBeLessThanOrEqual(201);
        expect(excerpt.isWellFormed() || !text.isWellFormed()).toBe(true);
      }),
    );
  });
});
