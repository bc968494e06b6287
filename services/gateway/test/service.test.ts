import { eventually } from '@portal/testkit';
import { openSchool, createPublisher, shows, startContent, startGateway } from './_site.ts';
import type { ContentStandIn, Gateway } from './_site.ts';

const publisher = createPublisher(import.meta.url);
let content: ContentStandIn;
let gateway: Gateway;
let school: Awaited<ReturnType<typeof openSchool>>;

beforeAll(async () => {
  content = await startContent();
  school = await openSchool(publisher, content);
  gateway = await startGateway(publisher.names, { contentAddress: content.address });
  // A topic that nobody has written to does not exist, and what is not there cannot be caught up with.
  await school.publish('Bài đầu tiên');
  await eventually(() => gateway.service.ready());
});

const show = (path: string, check: Parameters<typeof shows>[3]) => shows(gateway, school.host, path, check);
const get = (path: string, options = {}) => gateway.get(path, { host: school.host, ...options });

describe('hosts', () => {
  it('leads each host to the site of its unit, however the host is written', async () => {
    const other = await openSchool(publisher, content, 'Trường Mầm non Cần Thạnh');
    const answer = await shows(gateway, other.host, '/', ({ status }) => status === 200);
    expect(answer.text).toContain('Trường Mầm non Cần Thạnh');
    expect(answer.text).not.toContain('Bình Khánh');
    for (const host of [school.host.toUpperCase(), `${school.host}.`, `${school.host}:8080`]) {
      expect((await gateway.get('/', { host })).text).toContain('Trường Tiểu học Bình Khánh');
    }
  });

  it('answers 421 in neutral clothes for a host that nobody bound, whatever forwarded headers say', async () => {
    for (const host of ['nobody.test.localhost', '127.0.0.1', 'test.localhost', '[::1]:8080']) {
      const headers = { 'x-forwarded-host': school.host, forwarded: `host=${school.host}` };
      const answer = await gateway.get('/', { host, headers });
      expect(answer.status).toBe(421);
      expect(answer.text).toContain('Không có trang nào ở địa chỉ này');
      expect(answer.text).not.toContain('Bình Khánh');
    }
  });

  it('sends other hosts of a unit to its canonical one, path and query and port kept', async () => {
    const alias = `alias-${school.host}`;
    await publisher.host(alias, school.unitId, false);
    const answer = await shows(gateway, `${alias}:8080`, '/bai-viet/x?tiep=1', ({ status }) => status === 301);
    expect(answer.headers.location).toBe(`//${school.host}:8080/bai-viet/x?tiep=1`);
  });

  it('says of a site in preparation that it is not open yet, and shows it once it is live', async () => {
    const unitId = 'a-draft';
    await publisher.unit(unitId, 'Trường THCS Nguyễn Hữu Thọ');
    await publisher.host('draft.test.localhost', unitId);
    await publisher.site(unitId, 'SITE_STATE_DRAFT');
    const answer = await shows(gateway, 'draft.test.localhost', '/', ({ status }) => status === 404);
    expect(answer.text).toContain('Trang thông tin điện tử chưa mở');
    expect(answer.headers['cache-control']).toBe('no-store');
    await publisher.site(unitId, 'SITE_STATE_LIVE');
    await shows(gateway, 'draft.test.localhost', '/', ({ status }) => status === 200);
  });

  it('shows the managing body and links its site where that is live', async () => {
    await publisher.unit('office', 'Phòng Giáo dục và Đào tạo huyện Cần Giờ');
    await publisher.host('cangio.test.localhost', 'office');
    await publisher.unit('child', 'Trường Tiểu học Thạnh An', 'office');
    await publisher.host('thanhan.test.localhost', 'child');
    await publisher.site('child', 'SITE_STATE_LIVE');
    const name = 'Phòng Giáo dục và Đào tạo huyện Cần Giờ';
    const before = await shows(gateway, 'thanhan.test.localhost', '/', ({ text }) => text.includes(name));
    expect(before.text).not.toContain('cangio.test.localhost');
    await publisher.site('office', 'SITE_STATE_LIVE');
    await shows(gateway, 'thanhan.test.localhost', '/', ({ text }) =>
      text.includes('href="https://cangio.test.localhost"'),
    );
  });
});

describe('pages', () => {
  it('shows posts, their dates in the city and the date of the last update', async () => {
    const post = await school.publish(
      'Lễ khai giảng năm học 2026 – 2027',
      'Dòng một\ndòng hai\n\n<script>alert(1)</script>',
    );
    const home = await show('/', ({ text }) => text.includes(post.title));
    expect(home.text).toContain('05/09/2026');
    expect(home.text).toContain('Cập nhật lần cuối');
    const page = await get(post.path);
    expect(page.status).toBe(200);
    expect(page.text).toContain(`<h1>${post.title}</h1>`);
    expect(page.text).toContain('<p>Dòng một<br/>dòng hai</p>');
    expect(page.text).toContain('&lt;script>alert(1)');
    expect(page.text).toContain(`<meta property="og:title" content="${post.title}"/>`);
  });

  it('pages through more posts than fit', async () => {
    const other = await openSchool(publisher, content);
    for (let index = 1; index <= 25; index += 1) await other.publish(`Bài số ${index}.`);
    const home = await shows(
      gateway,
      other.host,
      '/',
      ({ text }) => text.includes('Bài số 25.') && text.includes('rel="next"'),
    );
    const [, older = ''] = /href="(\/\?tiep=[^"]+)" rel="next"/.exec(home.text) ?? [];
    const rest = await gateway.get(older, { host: other.host });
    expect(rest.text).toContain('Bài số 1.');
    expect(rest.text).not.toContain('Bài số 25.');
    expect(rest.text).not.toContain('rel="next"');
  });

  it('has one address per page: another spelling of it is sent there', async () => {
    const post = await school.publish('Thông báo tuyển sinh');
    await show(post.path, ({ status }) => status === 200);
    const answer = await get(`/bai-viet/ten-cu-${post.postId}`);
    expect(answer.status).toBe(301);
    expect(answer.headers.location).toBe(post.path);
  });

  it.each([
    '/khong-co',
    '/bai-viet/',
    '/bai-viet/x',
    '/bai-viet/x-0123456789abcdef01234567',
    '/api/v1/units',
    '/%2e%2e/',
    '//x',
  ])('answers 404 in the clothes of the site for %s', async (path) => {
    const answer = await get(path);
    expect(answer.status).toBe(404);
    expect(answer.text).toContain('Không tìm thấy trang');
    expect(answer.text).toContain('Trường Tiểu học Bình Khánh');
  });

  it('takes no other method than GET and HEAD', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE']) {
      const answer = await get('/', { method });
      expect(answer.status).toBe(405);
      expect(answer.headers.allow).toBe('GET, HEAD');
      expect(answer.headers['access-control-allow-origin']).toBeUndefined();
    }
  });

  it('gives everybody the same bytes: no cookie, no request id, no inline script or style', async () => {
    const [first, second] = [await get('/'), await get('/', { headers: { cookie: 'a=b', 'accept-language': 'en' } })];
    expect(second.text).toBe(first.text);
    expect(first.headers['set-cookie']).toBeUndefined();
    expect(first.text).not.toContain(String(first.headers['x-request-id']));
    expect(first.headers['x-request-id']).not.toBe(second.headers['x-request-id']);
    expect(first.text).not.toMatch(/<script|<style|\sstyle=|\son\w+=/i);
    expect(first.headers['content-security-policy']).toContain("default-src 'none'");
    expect(first.headers['content-security-policy']).not.toContain('unsafe');
    expect(first.headers['strict-transport-security']).toBeDefined();
    expect(first.headers['x-content-type-options']).toBe('nosniff');
    expect(first.headers['x-powered-by']).toBeUndefined();
  });

  it('compresses for who takes it, answers 304 to who has it, and HEAD with the headers alone', async () => {
    const plain = await get('/');
    const zipped = await get('/', { headers: { 'accept-encoding': 'gzip, br' } });
    expect(plain.headers['content-encoding']).toBeUndefined();
    expect(zipped.headers['content-encoding']).toBe('gzip');
    expect(zipped.text).toBe(plain.text);
    expect(zipped.headers.etag).toBe(plain.headers.etag);
    expect(zipped.headers.vary).toBe('accept-encoding');
    const again = await get('/', { headers: { 'if-none-match': String(zipped.headers.etag) } });
    expect(again.status).toBe(304);
    expect(again.text).toBe('');
    const head = await get('/', { method: 'HEAD' });
    expect(head.text).toBe('');
    expect(head.headers['content-length']).toBe(plain.headers['content-length']);
  });

  it('serves the files that pages link, for ever, and to pages of another release for a minute', async () => {
    const home = await get('/');
    const [, stylesheet = ''] = /rel="stylesheet" href="([^"]+)"/.exec(home.text) ?? [];
    const file = await get(stylesheet, { headers: { 'accept-encoding': 'gzip' } });
    expect(file.status).toBe(200);
    expect(file.headers['content-type']).toContain('text/css');
    expect(file.headers['cache-control']).toContain('immutable');
    const old = await get('/assets/site.0000000000000000.css');
    expect(old.status).toBe(200);
    expect(old.headers['cache-control']).toBe('public, max-age=60');
    expect((await get('/assets/../main.ts')).status).toBe(404);
    // Error pages of unknown hosts link them too.
    expect((await gateway.get(stylesheet, { host: 'nobody.test.localhost' })).status).toBe(200);
  });
});

describe('the page cache', () => {
  const callsOf = async (work: () => Promise<unknown>): Promise<number> => {
    const before = content.calls.length;
    await work();
    return content.calls.length - before;
  };

  it('renders a page once for everybody, whatever else stands in the query', async () => {
    const other = await openSchool(publisher, content);
    await shows(gateway, other.host, '/', ({ status }) => status === 200);
    const calls = await callsOf(() =>
      Promise.all(
        ['/', '/?utm_source=x', '/?a=1&b=2', '/?tiep='].map((path) => gateway.get(path, { host: other.host })),
      ),
    );
    expect(calls).toBe(0);
  });

  it('asks content once for a page that many ask for at the same moment', async () => {
    const other = await openSchool(publisher, content);
    await shows(gateway, other.host, '/khong-co', ({ status }) => status === 404);
    const release = content.hold();
    const calls = await callsOf(async () => {
      const answers = Array.from({ length: 20 }, () => gateway.get('/', { host: other.host }));
      await eventually(() => content.calls.at(-1) === `list ${other.unitId}`);
      release();
      for (const answer of await Promise.all(answers)) expect(answer.status).toBe(200);
    });
    expect(calls).toBe(1);
  });

  it('shows a post on the home page and under its address soon after it was published', async () => {
    await get('/');
    const post = await school.publish('Bài mới đăng');
    await show('/', ({ text }) => text.includes('Bài mới đăng'));
    expect((await get(post.path)).status).toBe(200);
  });

  it('shows a page that nobody had, once its post is published', async () => {
    const post = await school.publish('Bài từng chưa có');
    content.posts.delete(post.postId);
    const missing = `/bai-viet/x-${post.postId}`;
    await show(missing, ({ status }) => status === 404);
    await school.rename(post, 'Bài nay đã có');
    await show(post.path, ({ status, text }) => status === 200 && text.includes('Bài nay đã có'));
  });

  it('serves the old copy while one render of a changed page runs', async () => {
    const other = await openSchool(publisher, content);
    const post = await other.publish('Tên cũ');
    await shows(gateway, other.host, post.path, ({ status }) => status === 200);
    const release = content.hold();
    await other.rename(post, 'Tên mới');
    // The one who starts the render waits for it; everybody else gets the old copy at once.
    const calls = content.calls.length;
    const first = eventually(async () => {
      const answer = await gateway.get(post.path, { host: other.host });
      return answer.text.includes('Tên mới') && answer;
    });
    await eventually(() => content.calls.slice(calls).includes(`post ${post.postId}`));
    expect((await gateway.get(post.path, { host: other.host })).text).toContain('Tên cũ');
    release();
    expect((await first).text).toContain('Tên mới');
    expect(content.calls.slice(calls).filter((call) => call === `post ${post.postId}`)).toHaveLength(1);
  });

  it('never shows a withdrawn post again, on no page, not even while content is away', async () => {
    const other = await openSchool(publisher, content);
    const post = await other.publish('Bài sẽ bị rút');
    const kept = await other.publish('Bài ở lại');
    await shows(gateway, other.host, '/', ({ text }) => text.includes('Bài sẽ bị rút') && text.includes('Bài ở lại'));
    await shows(gateway, other.host, post.path, ({ status }) => status === 200);
    await shows(gateway, other.host, kept.path, ({ status }) => status === 200);
    await other.withdraw(post);
    await shows(gateway, other.host, post.path, ({ status }) => status === 404);
    const home = await gateway.get('/', { host: other.host });
    expect(home.text).not.toContain('Bài sẽ bị rút');
    expect(home.text).toContain('Bài ở lại');
    await content.stop();
    try {
      for (const path of ['/', post.path, kept.path]) {
        const answer = await gateway.get(path, { host: other.host });
        expect(answer.text).not.toContain('Bài sẽ bị rút');
      }
    } finally {
      await content.startAgain();
    }
  });
});

describe('when content is away', () => {
  it('the last good copy is shown and says so; what nobody saw before is answered 503', async () => {
    const other = await openSchool(publisher, content);
    const post = await other.publish('Bài còn giữ được');
    const unseen = await other.publish('Bài chưa ai xem');
    await shows(gateway, other.host, '/', ({ text }) => text.includes('Bài chưa ai xem'));
    await shows(gateway, other.host, post.path, ({ status }) => status === 200);
    await content.stop();
    try {
      await other.rename(post, 'Tên chưa ai thấy');
      const stale = await shows(gateway, other.host, post.path, ({ headers }) => headers['x-portal-stale'] === '1');
      expect(stale.status).toBe(200);
      expect(stale.text).toContain('Bài còn giữ được');
      expect(Number(stale.headers.age)).toBeGreaterThanOrEqual(0);
      const nothing = await gateway.get(unseen.path, { host: other.host });
      expect(nothing.status).toBe(503);
      expect(nothing.headers['retry-after']).toBe('5');
      expect(nothing.text).toContain('Trang tạm thời gián đoạn');
      expect(nothing.text).not.toMatch(/UNAVAILABLE|ECONN|grpc/i);
    } finally {
      await content.startAgain();
    }
    await shows(
      gateway,
      other.host,
      post.path,
      ({ headers, text }) => headers['x-portal-stale'] === undefined && text.includes('Tên chưa ai thấy'),
    );
  });

  it('a gateway started anew, with Kafka away too, still shows every page that was seen', async () => {
    const own = createPublisher(`${import.meta.url.replace('.test.ts', '')}-restart.test.ts`);
    const others = await startContent();
    const first = await startGateway(own.names, { contentAddress: others.address });
    const place = await openSchool(own, others);
    const post = await place.publish('Bài qua cơn mất điện');
    const gone = await place.publish('Bài rút trước khi mất điện');
    await shows(first, place.host, '/', ({ text }) => text.includes(gone.title));
    await shows(first, place.host, gone.path, ({ status }) => status === 200);
    await shows(first, place.host, post.path, ({ status }) => status === 200);
    await place.withdraw(gone);
    await shows(first, place.host, gone.path, ({ status }) => status === 404);
    await shows(first, place.host, '/', ({ text, status }) => status === 200 && !text.includes(gone.title));
    await first.stop();
    await others.stop();
    const second = await startGateway(own.names, { contentAddress: others.address, kafkaBrokers: ['127.0.0.1:1'] });
    await eventually(() => second.service.ready());
    const answer = await second.get(post.path, { host: place.host });
    expect(answer.status).toBe(200);
    expect(answer.headers['x-portal-stale']).toBe('1');
    expect(answer.text).toContain('Bài qua cơn mất điện');
    expect((await second.get('/', { host: 'nobody.test.localhost' })).status).toBe(421);
    expect((await second.get(gone.path, { host: place.host })).status).toBe(503);
    await others.startAgain();
    await shows(second, place.host, post.path, ({ headers }) => headers['x-portal-stale'] === undefined);
    await second.stop();
  });

  it('a post withdrawn while the gateway was down is not shown when it comes back', async () => {
    const own = createPublisher(`${import.meta.url.replace('.test.ts', '')}-down.test.ts`);
    const others = await startContent();
    const first = await startGateway(own.names, { contentAddress: others.address });
    const place = await openSchool(own, others);
    const post = await place.publish('Bài rút trong lúc dừng');
    await shows(first, place.host, post.path, ({ status }) => status === 200);
    await first.stop();
    await place.withdraw(post);
    await others.stop();
    const second = await startGateway(own.names, { contentAddress: others.address });
    await shows(second, place.host, post.path, ({ status }) => status === 503);
    await second.stop();
  });
});

it('answers 429 with a page and the time to wait to who asks too often', async () => {
  const strict = await startGateway(publisher.names, { contentAddress: content.address, publicRequestsPerSecond: 1 });
  await shows(strict, school.host, '/', ({ status }) => status === 429);
  const refused = await strict.get('/', { host: school.host });
  expect(refused.headers['retry-after']).toBe('1');
  expect(refused.text).toContain('Quá nhiều yêu cầu');
  await strict.stop();
});
