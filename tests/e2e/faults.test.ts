import { setTimeout as pause } from 'node:timers/promises';
import { startStack } from '@portal/local';
import type { Stack } from '@portal/local';
import { eventually } from '@portal/testkit';
import { createPortal, schoolHost } from './_portal.ts';
import type { Portal, Post } from './_portal.ts';

// Real processes killed and frozen under a load of writes: what was acknowledged survives and shows once, sites keep
// serving, and everything recovers without hands.

const root = 'root.thbinhkhanh';
const writers = 4;
const leastAcknowledged = 500;
/** Long enough to outlast what the MongoDB stand-in's change stream survives (4 s). */
const freezeMs = 6_000;

let stack: Stack;
let portal: Portal;
let posts: string;
let schoolId: string;
/** While the gateway itself is being killed nobody answers its visitors. */
let gatewayMayBeAway = false;

beforeAll(async () => {
  stack = await startStack({ services: true });
  portal = createPortal(stack);
  schoolId = await portal.schoolId();
  posts = `/api/v1/units/${schoolId}/posts`;
}, 180_000);

afterAll(() => stack.stop(), 60_000);

/** Creates and publishes one post after the other until told to stop; notes what was acknowledged. */
async function write(name: string, acknowledged: Map<string, Post>, stopped: () => boolean): Promise<void> {
  for (let n = 0; !stopped(); n += 1) {
    const created = await portal.api<{ post: Post }>(root, 'POST', posts, {
      title: `Bài số ${n} của ${name}`,
      body: 'Nội dung bài viết.',
    });
    if (created.status !== 200) continue;
    const { post } = created.body;
    const published = await portal.api<{ post: Post }>(root, 'POST', `${posts}/${post.postId}:publish`, {
      etag: post.etag,
    });
    if (published.status === 200) acknowledged.set(post.postId, published.body.post);
  }
}

/** A visitor who reloads the home page all the time; counts what he would complain about. */
async function visit(stopped: () => boolean): Promise<{ visits: number; failures: string[] }> {
  const failures: string[] = [];
  let visits = 0;
  while (!stopped()) {
    const { status, text } = await portal.page(schoolHost, '/');
    visits += 1;
    if (status !== 200 && !gatewayMayBeAway) failures.push(`${status} ${text.slice(0, 80)}`);
    await pause(20);
  }
  return { visits, failures };
}

async function publishesAgain(): Promise<void> {
  await eventually(
    async () => {
      const acknowledged = new Map<string, Post>();
      let rounds = 0;
      await write('kiểm tra', acknowledged, () => rounds++ > 0);
      return acknowledged.size > 0;
    },
    { timeoutMs: 60_000, everyMs: 200 },
  );
}

const faults: Array<[string, () => Promise<void>]> = [
  ['kafka killed', () => killed('kafka')],
  ['kafka frozen', () => frozen('kafka')],
  ['mongo killed', () => killed('mongo')],
  ['mongo frozen', () => frozen('mongo')],
  ['content killed', () => killed('content')],
  ['tenant killed', () => killed('tenant')],
  ['identity killed', () => killed('identity')],
  ['gateway killed', gatewayKilled],
];

async function killed(name: string): Promise<void> {
  await stack.process(name).kill();
  await stack.process(name).waitReady();
}

async function gatewayKilled(): Promise<void> {
  gatewayMayBeAway = true;
  await killed('gateway');
  await eventually(async () => (await portal.page(schoolHost, '/')).status === 200, { timeoutMs: 30_000 });
  gatewayMayBeAway = false;
}

async function frozen(name: string): Promise<void> {
  stack.process(name).freeze();
  await pause(freezeMs);
  stack.process(name).thaw();
}

test(`${leastAcknowledged} acknowledged publishes survive kills and freezes, show once, and sites serve all the time`, async () => {
  const acknowledged = new Map<string, Post>();
  let over = false;
  const stopped = () => over;
  await portal.page(schoolHost, '/');
  const load = Promise.all(Array.from({ length: writers }, (_, n) => write(`người viết ${n}`, acknowledged, stopped)));
  const visitor = visit(stopped);

  for (const [, fault] of faults) {
    const before = acknowledged.size;
    await fault();
    // The next fault comes when this one is over: writes are acknowledged again.
    await eventually(() => acknowledged.size >= before + 20, { timeoutMs: 60_000 });
  }
  await eventually(() => acknowledged.size >= leastAcknowledged, { timeoutMs: 120_000 });
  over = true;
  await load;

  const { visits, failures } = await visitor;
  expect(visits).toBeGreaterThan(100);
  expect(failures).toEqual([]);
  await expectAllShownOnce(acknowledged);
}, 420_000);

async function expectAllShownOnce(acknowledged: ReadonlyMap<string, Post>): Promise<void> {
  await eventually(
    async () => {
      const shown = await shownPosts();
      const missing = [...acknowledged.values()].filter(({ slug }) => !shown.has(slug));
      expect(missing.map(({ title }) => title)).toEqual([]);
      expect([...shown].filter(([, times]) => times > 1)).toEqual([]);
      return true;
    },
    { timeoutMs: 30_000, everyMs: 500 },
  );
}

/** Every post that the site lists, from the newest to the oldest page, and how often. */
async function shownPosts(): Promise<Map<string, number>> {
  const shown = new Map<string, number>();
  let path: string | undefined = '/';
  while (path !== undefined) {
    const { text } = await portal.page(schoolHost, path);
    for (const [, slug = ''] of text.matchAll(/href="\/bai-viet\/([^"]+)"/g))
      shown.set(slug, (shown.get(slug) ?? 0) + 1);
    path = /href="([^"]+)" rel="next"/.exec(text)?.[1]?.replaceAll('&amp;', '&');
  }
  return shown;
}

test('each service restarts and serves while Kafka is down', async () => {
  stack.process('kafka').freeze();
  try {
    for (const name of ['tenant', 'identity', 'content', 'gateway']) {
      await stack.process(name).kill();
      await stack.process(name).waitReady();
    }
    await eventually(async () => (await portal.page(schoolHost, '/')).status === 200);
    const reads: Array<[who: string, path: string]> = [
      [root, `/api/v1/units/${schoolId}`], // tenant
      [root, `/api/v1/units/${schoolId}/grants`], // identity
      [root, posts], // content
    ];
    for (const [who, path] of reads) {
      await eventually(async () => (await portal.api(who, 'GET', path)).status === 200, { timeoutMs: 20_000 });
    }
    // Writes are taken too; their facts wait in the outbox.
    const created = await portal.api(root, 'POST', posts, { title: 'Viết khi Kafka vắng mặt', body: 'Nội dung.' });
    expect(created.status).toBe(200);
  } finally {
    stack.process('kafka').thaw();
  }
  await publishesAgain();
}, 180_000);

test('while content is down a gateway begun anew serves the last good copies, and says so', async () => {
  await eventually(async () => (await portal.page(schoolHost, '/')).headers['x-portal-stale'] === undefined);
  stack.process('content').freeze();
  try {
    await stack.process('gateway').kill();
    const page = await eventually(
      async () => {
        const answer = await portal.page(schoolHost, '/');
        return answer.status === 200 ? answer : undefined;
      },
      { timeoutMs: 30_000 },
    );
    expect(page.headers['x-portal-stale']).toBe('1');
    expect(page.text).toContain('Trường Tiểu học Bình Khánh');
  } finally {
    stack.process('content').thaw();
  }
  await publishesAgain();
}, 120_000);
