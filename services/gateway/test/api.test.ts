import { connect } from 'node:net';
import { createPerson, endpoints, eventually, signIn } from '@portal/testkit';
import { ask, sendRaw, statusOf } from './_http.ts';
import type { Ask } from './_http.ts';
import { createPublisher, startGateway, startTenant } from './_site.ts';
import type { Gateway } from './_site.ts';

const { names } = createPublisher(import.meta.url);
const host = 'quantri.test.localhost';
let gateway: Gateway;
let tenant: Awaited<ReturnType<typeof startTenant>>;
let token: string;

beforeAll(async () => {
  tenant = await startTenant();
  gateway = await startGateway(names, { tenantAddress: tenant.address });
  token = (await signIn(await createPerson())).token;
});

const call = (path: string, options: Ask = {}) =>
  gateway.get(path, { host, ...options, headers: { authorization: `Bearer ${token}`, ...options.headers } });
const post = (body: string | Buffer, headers = {}) =>
  call('/api/v1/units', { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } });

describe('the guard', () => {
  it('lets a good token through, which the service behind gets as it is', async () => {
    const answer = await call('/api/v1/units/u1');
    expect(answer.status).toBe(200);
    expect(answer.json).toMatchObject({ unit: { unitId: 'u1', officialName: 'Trường Tiểu học Bình Khánh' } });
    expect(answer.headers['cache-control']).toBe('no-store');
    const seen = tenant.calls.at(-1);
    expect(seen?.token).toBe(token);
    expect(seen?.caller).toBe('gateway');
    expect(seen?.requestId).toBe(answer.headers['x-request-id']);
  });

  it('answers 401 and how to sign in without a token', async () => {
    const answer = await gateway.get('/api/v1/units/u1', { host });
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toBe('Bearer realm="portal"');
    expect(answer.json).toMatchObject({ reason: 'TOKEN_MISSING', status: 401 });
  });

  const parts = (): [string, string, string] => token.split('.') as [string, string, string];
  const claims = (change: object): string => {
    const payload = JSON.parse(Buffer.from(parts()[1], 'base64url').toString()) as object;
    return Buffer.from(JSON.stringify({ ...payload, ...change })).toString('base64url');
  };
  const head = (change: object): string => Buffer.from(JSON.stringify(change)).toString('base64url');

  it.each<[string, () => string]>([
    ['no token at all', () => 'Bearer '],
    ['another scheme', () => `Basic ${token}`],
    ['garbage', () => 'Bearer a.b.c'],
    ['a damaged signature', () => `Bearer ${parts()[0]}.${parts()[1]}.${'A'.repeat(342)}`],
    ['changed claims', () => `Bearer ${parts()[0]}.${claims({ sub: 'somebody' })}.${parts()[2]}`],
    ['another audience', () => `Bearer ${parts()[0]}.${claims({ aud: 'account' })}.${parts()[2]}`],
    [
      'another issuer',
      () => `Bearer ${parts()[0]}.${claims({ iss: 'http://evil.localhost/realms/portal' })}.${parts()[2]}`,
    ],
    ['no signature', () => `Bearer ${head({ alg: 'none' })}.${parts()[1]}.A`],
    ['a key nobody has', () => `Bearer ${head({ alg: 'RS256', kid: 'nobody' })}.${parts()[1]}.${parts()[2]}`],
    ['two tokens', () => `Bearer ${token} ${token}`],
  ])('answers 401 to %s', async (_, authorization) => {
    const before = tenant.calls.length;
    const answer = await gateway.get('/api/v1/units/u1', { host, headers: { authorization: authorization() } });
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toBe('Bearer realm="portal", error="invalid_token"');
    expect(answer.json.reason).toBe('TOKEN_INVALID');
    expect(tenant.calls).toHaveLength(before);
  });

  it('answers 401 to a real token that is meant for somebody else', async () => {
    const narrow = await startGateway(names, { tenantAddress: tenant.address, oidcAudience: 'another-api' });
    const refused = await narrow.get('/api/v1/units/u1', { host, headers: { authorization: `Bearer ${token}` } });
    expect(refused.status).toBe(401);
    await narrow.stop();
  });

  it('says that sign-in is away, not that the token is bad, while the issuer cannot be reached', async () => {
    const { issuer } = endpoints();
    const away = issuer.replace(/:\d+\//, ':1/');
    const lonely = await startGateway(names, { tenantAddress: tenant.address, oidcIssuer: away });
    const forged = `${parts()[0]}.${claims({ iss: away })}.${parts()[2]}`;
    const answer = await lonely.get('/api/v1/units/u1', { host, headers: { authorization: `Bearer ${forged}` } });
    expect(answer.status).toBe(503);
    expect(answer.json.reason).toBe('IDENTITY_PROVIDER_UNAVAILABLE');
    await lonely.stop();
  });

  it('adds no address of its own and is not led astray by what a login flow would look at', async () => {
    expect((await gateway.get('/logout', { host })).status).toBe(404);
    expect((await gateway.get('/api/v1/k_logout', { host, method: 'POST' })).status).toBe(401);
    expect((await call('/api/v1/units/u1?auth_callback=1')).status).toBe(400);
  });
});

describe('the host of the administration', () => {
  it('shows a small page at its door and nothing else', async () => {
    const door = await gateway.get('/', { host });
    expect(door.status).toBe(200);
    expect(door.text).toContain('Hệ thống quản trị');
    expect((await gateway.get('/bai-viet/x', { host })).status).toBe(404);
  });

  it('is the only one with an API', async () => {
    const before = tenant.calls.length;
    const headers = { authorization: `Bearer ${token}` };
    const answer = await gateway.get('/api/v1/units/u1', { host: 'nobody.test.localhost', headers });
    expect(answer.status).not.toBe(200);
    expect(tenant.calls).toHaveLength(before);
  });

  it('lets no other origin in', async () => {
    const origin = { origin: 'https://evil.localhost' };
    const answer = await call('/api/v1/units/u1', { headers: origin });
    const preflight = await gateway.get('/api/v1/units', { host, method: 'OPTIONS', headers: origin });
    for (const { headers } of [answer, preflight]) expect(headers['access-control-allow-origin']).toBeUndefined();
    expect(preflight.status).toBe(401);
  });

  it('sends every answer with its security headers', async () => {
    for (const answer of [
      await call('/api/v1/units/u1'),
      await gateway.get('/api/v1/units', { host }),
      await gateway.get('/', { host }),
    ]) {
      expect(answer.headers['content-security-policy']).toContain("default-src 'none'");
      expect(answer.headers['x-content-type-options']).toBe('nosniff');
      expect(answer.headers['x-powered-by']).toBeUndefined();
    }
  });
});

describe('problems', () => {
  it('are told in the language asked for, with the request id and nothing of the inside', async () => {
    const vietnamese = await call('/api/v1/units/missing');
    expect(vietnamese.status).toBe(404);
    expect(vietnamese.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(vietnamese.json).toEqual({
      type: 'urn:portal:error:UNIT_NOT_FOUND',
      title: 'Không tìm thấy đơn vị',
      detail: 'Đơn vị không tồn tại hoặc bạn không có quyền biết.',
      status: 404,
      reason: 'UNIT_NOT_FOUND',
      requestId: vietnamese.headers['x-request-id'],
    });
    const english = await call('/api/v1/units/missing', { headers: { 'accept-language': 'en-GB' } });
    expect(english.json.title).toBe('Unit not found');
    expect(english.headers['content-language']).toBe('en');
  });

  it('name every field that breaks a rule of the contract', async () => {
    const answer = await post(JSON.stringify({ officialName: 'ab', surprise: 1 }));
    expect(answer.status).toBe(400);
    expect(answer.json).toMatchObject({
      reason: 'INVALID_REQUEST',
      violations: [{ field: 'surprise', reason: 'UNKNOWN_FIELD' }],
    });
    const rules = await post(JSON.stringify({ officialName: 'ab', typeCode: 'TH' }));
    expect(rules.json).toMatchObject({
      violations: [{ field: 'officialName', reason: 'TOO_SHORT', detail: 'Nội dung quá ngắn.' }],
    });
  });

  it.each([
    ['/api/v1/nothing', 'GET', 404, 'ROUTE_NOT_FOUND'],
    ['/api/v1', 'GET', 404, 'ROUTE_NOT_FOUND'],
    ['/api/v2/units', 'GET', 404, 'ROUTE_NOT_FOUND'],
    ['/api/v1/units/u1', 'DELETE', 405, 'METHOD_NOT_ALLOWED'],
    ['/api/v1/units/%', 'GET', 404, 'ROUTE_NOT_FOUND'],
  ])('of %s %s are %i %s', async (path, method, status, reason) => {
    const answer = await call(path, { method });
    expect(answer.status).toBe(status);
    expect(answer.json.reason).toBe(reason);
    if (status === 405) expect(answer.headers.allow).toBe('GET, HEAD');
  });

  it.each<[string, string | Buffer, Record<string, string>, number, string]>([
    ['a deep bomb', '['.repeat(500_000), {}, 400, 'BODY_TOO_DEEP'],
    ['more than 1 MB', JSON.stringify({ officialName: 'x'.repeat(1_048_576) }), {}, 413, 'BODY_TOO_LARGE'],
    ['half a JSON', '{"officialName":', {}, 400, 'BODY_UNREADABLE'],
    ['no UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), {}, 400, 'BODY_UNREADABLE'],
    ['a form', 'a=b', { 'content-type': 'application/x-www-form-urlencoded' }, 400, 'BODY_UNREADABLE'],
    ['JSON sent as text', '{}', { 'content-type': 'text/plain' }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    [
      'a compressed body',
      Buffer.from([0x1f, 0x8b]),
      { 'content-encoding': 'gzip' },
      415,
      'CONTENT_ENCODING_UNSUPPORTED',
    ],
    ['a prototype', '{"__proto__":{"officialName":"xyz"}}', {}, 400, 'INVALID_REQUEST'],
    ['a list', '[]', {}, 400, 'INVALID_REQUEST'],
  ])('answer %s', async (_, body, headers, status, reason) => {
    const answer = await post(body, headers);
    expect({ status: answer.status, reason: answer.json.reason }).toEqual({ status, reason });
  });

  it('of a service that is away say when to try again', async () => {
    const answer = await call('/api/v1/units/u1/posts/p1');
    expect(answer.status).toBe(503);
    expect(answer.json.reason).toBe('SERVICE_UNAVAILABLE');
    expect(answer.headers['retry-after']).toBe('1');
  });
});

it('reads no body of who has no good token, and ends the connection', async () => {
  const answer = await sendRaw(
    gateway.address(),
    `POST /api/v1/units HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{`,
  );
  expect(statusOf(answer)).toBe(401);
  expect(answer.toLowerCase()).toContain('connection: close');
});

it('stops the call behind when the client goes away', async () => {
  const before = tenant.calls.length;
  const [ip = '', port] = gateway.address().split(':');
  const socket = connect({ host: ip, port: Number(port) });
  socket.write(`GET /api/v1/units/slow HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${token}\r\n\r\n`);
  await eventually(() => tenant.calls.length > before);
  socket.destroy();
  await eventually(() => tenant.calls.at(-1)?.signal.aborted === true);
});

it('counts by session before address: one person who asks too often stops nobody else', async () => {
  const strict = await startGateway(names, { tenantAddress: tenant.address, apiRequestsPerSecond: 1 });
  const other = (await signIn(await createPerson())).token;
  const as = (bearer: string) =>
    ask(strict.address(), '/api/v1/units/u1', { host, headers: { authorization: `Bearer ${bearer}` } });
  const refused = await eventually(async () => {
    const answer = await as(token);
    return answer.status === 429 && answer;
  });
  expect(refused.json.reason).toBe('RATE_LIMITED');
  expect(refused.headers['retry-after']).toBe('1');
  expect((await as(other)).status).toBe(200);
  // A whole school has one address: strangers there use up their own share only.
  await eventually(async () => (await as('no.good.token')).status === 429);
  await eventually(async () => (await as(other)).status === 200);
  await strict.stop();
});
