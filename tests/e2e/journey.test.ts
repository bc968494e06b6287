import { startStack } from '@portal/local';
import type { Stack } from '@portal/local';
import { eventually } from '@portal/testkit';
import { openBrowser, screenshot, seriousFaults, sidewaysScroll, widths } from './_browser.ts';
import { createPortal, schoolHost } from './_portal.ts';
import type { Portal, Post } from './_portal.ts';

// From an edit to a public page, on the processes that `make up` starts.

const root = 'root.thbinhkhanh';
let stack: Stack;
let portal: Portal;
let unitId: string;

beforeAll(async () => {
  stack = await startStack({ services: true });
  portal = createPortal(stack);
  unitId = await portal.schoolId();
}, 180_000);

afterAll(() => stack.stop(), 60_000);

async function createPost(title: string): Promise<Post> {
  const answer = await portal.api<{ post: Post }>(root, 'POST', `/api/v1/units/${unitId}/posts`, {
    title,
    body: 'Học sinh toàn trường nghỉ học ngày thứ Hai.\n\nKính mong phụ huynh lưu ý.',
  });
  expect(answer.status).toBe(200);
  return answer.body.post;
}

async function move(post: Post, verb: 'publish' | 'withdraw', more: object = {}): Promise<Post> {
  const path = `/api/v1/units/${unitId}/posts/${post.postId}:${verb}`;
  const answer = await portal.api<{ post: Post }>(root, 'POST', path, { etag: post.etag, ...more });
  expect(answer.status).toBe(200);
  return answer.body.post;
}

const homeShows = async (title: string): Promise<boolean> => {
  const { status, text } = await portal.page(schoolHost, '/');
  expect(status).toBe(200);
  return text.includes(title);
};

test('a draft is on no page', async () => {
  const draft = await createPost('Bản nháp chưa ai được xem');
  expect(await homeShows(draft.title)).toBe(false);
  expect((await portal.page(schoolHost, `/bai-viet/${draft.slug}`)).status).toBe(404);
});

test('a published post is on the home page and has its own page within two seconds', async () => {
  const published = await move(await createPost('Thông báo nghỉ học vì bão'), 'publish');
  await eventually(() => homeShows(published.title), { timeoutMs: 2_000 });
  const page = await portal.page(schoolHost, `/bai-viet/${published.slug}`);
  expect(page.status).toBe(200);
  expect(page.text).toContain('<h1>Thông báo nghỉ học vì bão</h1>');
});

test('a withdrawn post is gone from both within two seconds and never served again', async () => {
  const published = await move(await createPost('Bài viết sẽ bị rút'), 'publish');
  const path = `/bai-viet/${published.slug}`;
  await eventually(async () => (await portal.page(schoolHost, path)).status === 200);
  await eventually(() => homeShows(published.title));
  await move(published, 'withdraw', { reason: 'Nội dung chưa chính xác.' });
  await eventually(async () => (await portal.page(schoolHost, path)).status !== 200, { timeoutMs: 2_000 });
  await eventually(async () => !(await homeShows(published.title)), { timeoutMs: 2_000 });
  await stack.process('content').kill();
  expect((await portal.page(schoolHost, path)).status).not.toBe(200);
  await eventually(async () => (await portal.api(root, 'GET', `/api/v1/units/${unitId}/posts`)).status === 200, {
    timeoutMs: 30_000,
  });
}, 60_000);

test('a stale etag is refused and changes nothing', async () => {
  const draft = await createPost('Hai người cùng đăng');
  await move(draft, 'publish');
  const path = `/api/v1/units/${unitId}/posts/${draft.postId}:withdraw`;
  const answer = await portal.api<{ reason: string }>(root, 'POST', path, { etag: draft.etag, reason: 'Lỗi' });
  expect(answer.status).toBe(409);
  expect(answer.body.reason).toBe('STALE_VERSION');
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
});

test("another unit's administrator learns nothing: the school answers as a unit that does not exist", async () => {
  const ask = async (id: string) => {
    const { status, body } = await portal.api<Record<string, unknown>>(
      'root.cangio',
      'GET',
      `/api/v1/units/${id}/posts`,
    );
    const { requestId: _, ...rest } = body;
    return JSON.stringify({ status, rest }).replaceAll(id, '<id>');
  };
  const real = await ask(unitId);
  expect(real).toContain('"status":404');
  expect(await ask('0123456789abcdef01234567')).toBe(real);
});

test('an operator runs the platform but writes no content', async () => {
  const answer = await portal.api('operator', 'POST', `/api/v1/units/${unitId}/posts`, { title: 'x', body: 'y' });
  expect(answer.status).toBe(403);
});

test('without a token, or with a damaged one, the API answers 401', async () => {
  const path = `/api/v1/units/${unitId}/posts`;
  for (const headers of [{}, { authorization: 'Bearer x.y.z' }]) {
    const { status, headers: answered } = await portal.send('quantri.hcm.localhost', 'GET', path, headers);
    expect(status).toBe(401);
    expect(answered['www-authenticate']).toMatch(/^Bearer/);
  }
});

test('a host that nobody has bound is answered 421, and the API is on no site', async () => {
  expect((await portal.page('truongkhac.hcm.localhost', '/')).status).toBe(421);
  expect((await portal.page(schoolHost, '/api/v1/units')).status).toBe(404);
});

test('a grant taken stops the next call within two seconds', async () => {
  const grants = `/api/v1/units/${unitId}/grants`;
  const { body } = await portal.api<{ grants: Array<{ grantId: string; username: string }> }>(root, 'GET', grants);
  const grant = body.grants.find(({ username }) => username === 'bientap.thbinhkhanh');
  if (grant === undefined) throw new Error('the demo editor holds no grant');
  const write = () =>
    portal.api('bientap.thbinhkhanh', 'POST', `/api/v1/units/${unitId}/posts`, {
      title: 'Bài nháp',
      body: 'Nội dung.',
    });
  expect((await write()).status).toBe(200);
  expect((await portal.api(root, 'DELETE', `${grants}/${grant.grantId}`)).status).toBe(200);
  await eventually(async () => [401, 404].includes((await write()).status), { timeoutMs: 2_000 });
  // Signed in anew the person still may not.
  expect((await write()).status).toBe(404);
});

describe('in a browser', () => {
  test.each(widths)(
    'at %i px a visitor finds a post from the home page, without JavaScript and by keyboard',
    async (width) => {
      const browser = await openBrowser();
      try {
        const context = await browser.newContext({
          viewport: { width, height: 740 },
          locale: 'vi-VN',
          javaScriptEnabled: false,
        });
        const page = await context.newPage();
        const complaints: string[] = [];
        page.on('console', (message) => {
          if (message.type() === 'error') complaints.push(message.text());
        });
        await page.goto(`http://${schoolHost}:${stack.ports.gateway}/`);
        expect(await page.getAttribute('html', 'lang')).toBe('vi');
        expect(await page.textContent('header')).toContain('Trường Tiểu học Bình Khánh');
        await page.keyboard.press('Tab');
        expect(await page.locator(':focus').getAttribute('href')).toMatch(/^#/); // the skip link
        const wanted = 'Thông báo họp cha mẹ học sinh đầu năm học';
        for (let tabs = 0; tabs < 50 && (await page.locator(':focus').textContent()) !== wanted; tabs += 1) {
          await page.keyboard.press('Tab');
        }
        await page.keyboard.press('Enter');
        await page.waitForURL(/\/bai-viet\//);
        expect(await page.textContent('h1')).toBe('Thông báo họp cha mẹ học sinh đầu năm học');
        expect(complaints).toEqual([]);
      } finally {
        await browser.close();
      }
    },
  );

  test.each(widths)(
    'at %i px no page has a serious fault for people with disabilities or scrolls sideways',
    async (width) => {
      const browser = await openBrowser();
      try {
        const page = await browser.newPage({ viewport: { width, height: 740 } });
        const origin = `http://${schoolHost}:${stack.ports.gateway}`;
        const home = await portal.page(schoolHost, '/');
        const post = /href="(\/bai-viet\/[^"]+)"/.exec(home.text)?.[1];
        if (post === undefined) throw new Error('the home page lists no post');
        const pages = { home: '/', post, 'not-found': '/khong-co-trang-nay' };
        for (const [name, path] of Object.entries(pages)) {
          await page.goto(origin + path);
          expect([name, await seriousFaults(page)]).toEqual([name, []]);
          expect([name, await sidewaysScroll(page)]).toEqual([name, 0]);
          await screenshot(page, `${name}-${width}`);
        }
        await page.goto(`http://truongkhac.hcm.localhost:${stack.ports.gateway}/`);
        expect(await seriousFaults(page)).toEqual([]);
        await screenshot(page, `unknown-host-${width}`);
      } finally {
        await browser.close();
      }
    },
  );
});
