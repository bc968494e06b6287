import type { IncomingMessage, ServerResponse } from 'node:http';
import { isAppError } from '@portal/errors';
import { eventually, onCleanup } from '@portal/testkit';
import { readJsonBody } from '../src/api/body.ts';
import { createHttpServer } from '../src/http/server.ts';
import type { ServerTimeouts } from '../src/http/server.ts';
import { readTarget } from '../src/http/target.ts';
import { ask, sendRaw, statusOf } from './_http.ts';

const refused: number[] = [];

async function serve(
  handle: (request: IncomingMessage, response: ServerResponse) => void,
  timeouts: Partial<ServerTimeouts> = {},
) {
  const onRefused = (status: number): void => void refused.push(status);
  const server = createHttpServer({ address: '127.0.0.1:0', handle, onRefused, timeouts });
  await server.start?.();
  onCleanup(() => server.stop?.());
  return server;
}

describe('the address of a request', () => {
  let address: string;
  beforeAll(async () => {
    const server = await serve((request, response) => {
      response.end(JSON.stringify(readTarget(request)));
    });
    address = server.address();
  });

  const target = async (lines: string): Promise<unknown> => {
    const answer = await sendRaw(address, `${lines}\r\nConnection: close\r\n\r\n`);
    const body = answer.split('\r\n\r\n')[1];
    return body === undefined || body === '' ? statusOf(answer) : (JSON.parse(body) as unknown);
  };

  it.each([
    ['GET / HTTP/1.1\r\nHost: A.localhost:8080', { host: 'a.localhost', port: '8080', path: '/', query: '' }],
    ['GET /x?y=1?2 HTTP/1.1\r\nHost: a.localhost.', { host: 'a.localhost', port: '', path: '/x', query: 'y=1?2' }],
    [
      'GET http://B.localhost/x HTTP/1.1\r\nHost: a.localhost',
      { host: 'b.localhost', port: '', path: '/x', query: '' },
    ],
    [
      'GET http://b.localhost:81?q HTTP/1.1\r\nHost: a.localhost',
      { host: 'b.localhost', port: '81', path: '/', query: 'q' },
    ],
    ['GET / HTTP/1.0', { host: 'unnamed', port: '', path: '/', query: '' }],
    ['GET / HTTP/1.1\r\nHost: 127.0.0.1', { host: '127.0.0.1', port: '', path: '/', query: '' }],
    [
      'GET / HTTP/1.1\r\nHost: a.localhost\r\nX-Forwarded-Host: evil.localhost\r\nForwarded: host=evil.localhost',
      { host: 'a.localhost', port: '', path: '/', query: '' },
    ],
  ])('%j is understood', async (lines, expected) => {
    expect(await target(lines)).toEqual(expected);
  });

  it.each([
    'GET / HTTP/1.1',
    'GET / HTTP/1.1\r\nHost:',
    'GET / HTTP/1.1\r\nHost: a.localhost\r\nHost: a.localhost',
    'GET / HTTP/1.1\r\nHost: a.localhost\r\nhost: b.localhost',
    'GET / HTTP/1.1\r\nHost: a.localhost, b.localhost',
    'GET / HTTP/1.1\r\nHost: user@a.localhost',
    'GET / HTTP/1.1\r\nHost: a.localhost/x',
    'GET http://user@a.localhost/ HTTP/1.1\r\nHost: a.localhost',
    'GET ftp://a.localhost/ HTTP/1.1\r\nHost: a.localhost',
    'GET http:///x HTTP/1.1\r\nHost: a.localhost',
    'OPTIONS * HTTP/1.1\r\nHost: a.localhost',
    'GET /a\\b HTTP/1.1\r\nHost: a.localhost',
    'GET /a#b HTTP/1.1\r\nHost: a.localhost',
    'GET /trường HTTP/1.1\r\nHost: a.localhost',
  ])('%j is refused with 400', async (lines) => {
    expect(await target(lines)).toBe(400);
  });

  it('may have 2,048 characters', async () => {
    const path = `/${'x'.repeat(2047)}`;
    expect(await target(`GET ${path} HTTP/1.1\r\nHost: a.localhost`)).toMatchObject({ path });
    expect(await target(`GET ${path}x HTTP/1.1\r\nHost: a.localhost`)).toBe(414);
  });
});

describe('limits', () => {
  const ok = (_: IncomingMessage, response: ServerResponse): void => void response.end('ok');

  it('headers of more than 16 kB are refused with 431 and counted', async () => {
    const server = await serve(ok);
    const fits = await ask(server.address(), '/', { headers: { 'x-long': 'x'.repeat(15_000) } });
    expect(fits.status).toBe(200);
    expect(
      statusOf(await sendRaw(server.address(), `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(17_000)}\r\n\r\n`)),
    ).toBe(431);
    expect(refused).toContain(431);
  });

  it.each([
    'NONSENSE\r\n\r\n',
    'GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
    'GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
    'GET / HTTP/1.1\r\nHost: a\r\nBad Header: x\r\n\r\n',
    'GET / HTTP/9.9\r\nHost: a\r\n\r\n',
    '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
  ])('%j is refused with 400 and the connection closed', async (bytes) => {
    const server = await serve(ok);
    expect(statusOf(await sendRaw(server.address(), Buffer.from(bytes, 'latin1')))).toBe(400);
  });

  it('a client that sends its headers too slowly is refused with 408', async () => {
    const server = await serve(ok, { headers: 100, request: 200 });
    expect(statusOf(await sendRaw(server.address(), 'GET / HTTP/1.1\r\nHost: a\r\n'))).toBe(408);
  });

  it('a client that sends its body too slowly is cut off', async () => {
    const server = await serve((request) => void readJsonBody(request).catch(() => undefined), {
      headers: 100,
      request: 200,
    });
    const begun = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{';
    expect([0, 408]).toContain(statusOf(await sendRaw(server.address(), begun)));
  });
});

describe('a body', () => {
  let address: string;
  beforeAll(async () => {
    const server = await serve((request, response) => {
      readJsonBody(request).then(
        (body) => response.end(JSON.stringify({ body: body === undefined ? 'none' : 'read' })),
        (error: unknown) => {
          response.setHeader('connection', 'close');
          response.end(isAppError(error) ? error.reason : 'not ours');
        },
      );
    });
    address = server.address();
  });
  const send = async (body: string | Buffer, headers = {}) =>
    (await ask(address, '/', { method: 'POST', body, headers })).text;

  const read = '{"body":"read"}';

  it.each<[string, string | Buffer, string]>([
    ['an object', '{}', read],
    ['nothing', '', '{"body":"none"}'],
    ['no JSON', 'nonsense', 'BODY_UNREADABLE'],
    ['JSON and more', '{"a":1}}', 'BODY_UNREADABLE'],
    ['no UTF-8', Buffer.from([0x22, 0xff, 0x22]), 'BODY_UNREADABLE'],
    ['just under 1 MB', JSON.stringify('x'.repeat(1_048_574)), read],
    ['just over 1 MB', JSON.stringify('x'.repeat(1_048_575)), 'BODY_TOO_LARGE'],
    ['32 levels', `${'['.repeat(32)}${']'.repeat(32)}`, read],
    ['33 levels', `${'['.repeat(33)}${']'.repeat(33)}`, 'BODY_TOO_DEEP'],
    ['a million levels', '['.repeat(1_000_000), 'BODY_TOO_DEEP'],
    ['a deep object', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`, 'BODY_TOO_DEEP'],
    ['brackets inside strings', JSON.stringify({ text: '\\"[[[['.repeat(100) }), read],
  ])('of %s', async (_, body, expected) => {
    expect(await send(body)).toBe(expected);
  });

  it('that came compressed is refused unread', async () => {
    expect(await send('x', { 'content-encoding': 'gzip' })).toBe('CONTENT_ENCODING_UNSUPPORTED');
  });

  it('without a length is cut off at 1 MB', async () => {
    const chunk = 'x'.repeat(65_536);
    const chunks = `10000\r\n${chunk}\r\n`.repeat(20);
    const answer = await sendRaw(address, `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}`);
    expect(answer).toContain('BODY_TOO_LARGE');
  });
});

it('lets requests under way end when it stops, and takes no new ones', async () => {
  const { promise: release, resolve } = Promise.withResolvers<void>();
  let arrived = false;
  const server = await serve((_, response) => {
    arrived = true;
    void release.then(() => response.end('done'));
  });
  const address = server.address();
  const slow = ask(address, '/');
  await eventually(() => arrived);
  const stopped = server.stop?.();
  await expect(ask(address, '/')).rejects.toThrow();
  resolve();
  expect((await slow).text).toBe('done');
  await stopped;
});

it('ends requests that do not end in time when it stops', async () => {
  let arrived = false;
  const server = await serve(() => (arrived = true), { drain: 50 });
  const hanging = ask(server.address(), '/');
  hanging.catch(() => undefined);
  await eventually(() => arrived);
  await server.stop?.();
  await expect(hanging).rejects.toThrow();
});
