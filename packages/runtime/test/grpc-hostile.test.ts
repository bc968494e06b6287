import { once } from 'node:events';
import { connect } from 'node:http2';
import type { ClientHttp2Session, OutgoingHttpHeaders } from 'node:http2';
import { deflateSync } from 'node:zlib';
import { contentContract } from '@portal/contracts';
import fc from 'fast-check';
import type { CallContext } from '../src/index.ts';
import { eventually, findSample, rejection, startStack } from './support.ts';
import type { Stack } from './support.ts';

const path = '/portal.content.v1.ContentService/GetPost';
const getPost = contentContract.rpcs.find((rpc) => rpc.path === path)?.request;
const goodMessage = Buffer.from(getPost?.encode({ unitId: 'u1', postId: 'p1' }).finish() ?? []);

const ok = '0';
const invalidArgument = '3';
const resourceExhausted = '8';
const unimplemented = '12';

let stack: Stack;
let session: ClientHttp2Session;
const calls: CallContext[] = [];

beforeAll(async () => {
  stack = await startStack((_, call) => {
    calls.push(call);
    return Promise.resolve({});
  });
  session = connect(`http://${stack.server.address()}`);
});
afterAll(async () => {
  session.destroy();
  await stack.stop();
});
beforeEach(() => {
  calls.length = 0;
});
afterEach(async () => {
  // Whatever happened, the next caller is served.
  await stack.client.getPost({ unitId: 'u1', postId: 'p1' }, { timeoutMs: 2_000 });
});

function frame(message: Uint8Array, compressed = 0): Buffer {
  const header = Buffer.alloc(5);
  header.writeUInt8(compressed, 0);
  header.writeUInt32BE(message.length, 1);
  return Buffer.concat([header, message]);
}

/** A call made by hand; resolves to the grpc-status it ended with, '' for none. */
async function send(body: Uint8Array, headers: OutgoingHttpHeaders = {}): Promise<string> {
  const stream = session.request({
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc',
    'grpc-timeout': '5S',
    te: 'trailers',
    ...headers,
  });
  let status = '';
  const note = (received: OutgoingHttpHeaders): void => {
    status ||= String(received['grpc-status'] ?? '');
  };
  stream.on('response', note);
  stream.on('trailers', note);
  stream.on('error', () => undefined);
  stream.end(body);
  stream.resume();
  await once(stream, 'close');
  return status;
}

test('the hand-made call is a good one to start from', async () => {
  expect(await send(frame(goodMessage))).toBe(ok);
  expect(calls).toHaveLength(1);
});

test('bytes that are no message answer INVALID_ARGUMENT and leave a line', async () => {
  const before = stack.lines('call').length;
  expect(await send(frame(Buffer.from([0xff, 0xff])))).toBe(invalidArgument);
  expect(calls).toHaveLength(0);
  expect(stack.lines('call').slice(before)).toEqual([
    expect.objectContaining({ status: 'INVALID_ARGUMENT', reason: 'REQUEST_UNREADABLE' }),
  ]);
});

test('random bytes never end the server, never reach a handler unread and are never a fault of ours', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 64 }), fc.boolean(), async (bytes, framed) => {
      const faults = stack.lines().filter((line) => line.level === 'error').length;
      await send(framed ? frame(bytes) : bytes);
      expect(stack.lines().filter((line) => line.level === 'error')).toHaveLength(faults);
    }),
    { numRuns: 200 },
  );
});

test('a message above 4 MB is refused before it is read, and counted', async () => {
  const labels = { rpc: path.slice(1) };
  const count = async (): Promise<number> =>
    findSample(await stack.metrics.render(), 'portal_grpc_server_unread_calls_total', labels) ?? 0;
  const before = await count();
  expect(await send(frame(Buffer.alloc(4 * 1024 * 1024 + 1)))).toBe(resourceExhausted);
  expect(calls).toHaveLength(0);
  await eventually(async () => {
    expect(await count()).toBe(before + 1);
    expect(stack.lines('call ended unread').at(-1)).toMatchObject(labels);
  });
});

test('a small message that unpacks to a huge one is refused', async () => {
  const bomb = deflateSync(Buffer.alloc(64 * 1024 * 1024));
  expect(bomb.length).toBeLessThan(100_000);
  expect(await send(frame(bomb, 1), { 'grpc-encoding': 'deflate' })).toBe(resourceExhausted);
});

test('a client refuses to send what no server takes', async () => {
  const body = 'x'.repeat(5_000_000);
  const error = await rejection(stack.client.createPost({ unitId: 'u', title: 't', body }, { timeoutMs: 2_000 }));
  expect(error).toMatchObject({ kind: 'RESOURCE_EXHAUSTED', reason: 'REQUEST_TOO_LARGE' });
  expect(calls).toHaveLength(0);
});

test('metadata above 16 kB is refused', async () => {
  expect(await send(frame(goodMessage), { 'x-note': 'y'.repeat(15_000) })).toBe(ok);
  expect(await send(frame(goodMessage), { 'x-note': 'y'.repeat(17_000) })).toBe(resourceExhausted);
  expect(calls).toHaveLength(1);
});

test('a request id is taken over only when it is harmless', async () => {
  const hostile = ['', 'a b', 'a,b', 'x'.repeat(65), '"},{"level":"fatal', '<script>', '../../etc', 'é'];
  for (const requestId of hostile)
    await send(frame(goodMessage), { 'x-request-id': Buffer.from(requestId).toString('latin1') });
  await send(frame(goodMessage), { 'x-request-id': 'good_ID-1' });
  const ids = calls.map((call) => call.requestId);
  expect(ids).toHaveLength(hostile.length + 1);
  expect(ids.at(-1)).toBe('good_ID-1');
  for (const id of ids.slice(0, -1)) expect(id).toMatch(/^[0-9a-f]{24}$/);
});

test('caller and token are read only in their one form', async () => {
  const cases: [OutgoingHttpHeaders, string, string][] = [
    [{ 'x-portal-caller': 'gateway', authorization: 'Bearer abc.def-_~+/=' }, 'gateway', 'abc.def-_~+/='],
    [{ 'x-portal-caller': 'Gateway', authorization: 'Basic abc' }, '', ''],
    [{ 'x-portal-caller': 'a, gateway', authorization: 'Bearer' }, '', ''],
    [{ 'x-portal-caller': ['gateway', 'tenant'], authorization: 'Bearer a b' }, '', ''],
    [{ 'x-portal-caller': 'x'.repeat(40), authorization: 'Bearer a"b' }, '', ''],
  ];
  for (const [headers] of cases) await send(frame(goodMessage), headers);
  expect(calls.map((call) => [call.caller, call.token])).toEqual(cases.map(([, caller, token]) => [caller, token]));
});

test('a token with a line break is refused before it is sent', async () => {
  const error = await rejection(
    stack.client.getPost({ unitId: 'u', postId: 'p' }, { timeoutMs: 2_000, token: 'abc\r\nx-portal-caller: gateway' }),
  );
  expect(error).toMatchObject({ kind: 'UNAUTHENTICATED', reason: 'TOKEN_INVALID' });
});

test('no token reaches the log, not even one that is no legal header', async () => {
  const printed: unknown[] = [];
  const { error } = console;
  console.error = (...words) => void printed.push(words);
  await send(frame(goodMessage), { authorization: 'Bearer very-private-token\u00e9' });
  console.error = error;
  expect(printed).toEqual([]);
  calls.length = 0;
  await stack.client.getPost({ unitId: 'u', postId: 'p' }, { timeoutMs: 2_000, token: 'very-private-token' });
  expect(calls[0]?.token).toBe('very-private-token');
  expect(stack.logText()).not.toContain('very-private-token');
});

test('an unknown method is UNIMPLEMENTED; a call without a message or with two is ended', async () => {
  expect(await send(frame(goodMessage), { ':path': '/portal.content.v1.ContentService/DropPosts' })).toBe(
    unimplemented,
  );
  expect(await send(Buffer.alloc(0))).toBe(unimplemented);
  expect(await send(Buffer.concat([frame(goodMessage), frame(goodMessage)]))).toBe(unimplemented);
  expect(calls).toHaveLength(0);
});
