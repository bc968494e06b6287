import { once } from 'node:events';
import { connect } from 'node:http2';
import { contentContract } from '@portal/contracts';
import { AppError } from '@portal/errors';
import { createGrpcClient } from '../src/index.ts';
import type { CallContext } from '../src/index.ts';
import { eventually, rejection, startStack } from './support.ts';
import type { Stack } from './support.ts';

const request = { unitId: 'u1', postId: 'p1' };
const stacks: Stack[] = [];

async function start(...args: Parameters<typeof startStack>): Promise<Stack> {
  const stack = await startStack(...args);
  stacks.push(stack);
  return stack;
}

afterEach(async () => {
  for (const stack of stacks.splice(0).reverse()) await stack.stop();
});

const never = (): Promise<object> => new Promise(() => undefined);

test('a call without a deadline never leaves the client', async () => {
  const { client, lines } = await start(() => Promise.resolve({}));
  for (const options of [{}, { timeoutMs: Infinity }, { timeoutMs: NaN }]) {
    expect(await rejection(client.getPost(request, options))).toMatchObject({
      kind: 'INTERNAL',
      reason: 'DEADLINE_MISSING',
    });
  }
  expect(lines('call')).toEqual([]);
});

test('a call ends at its deadline though the handler does not', async () => {
  const { client, lines } = await start(never);
  const startedAt = performance.now();

  const error = await rejection(client.getPost(request, { timeoutMs: 150 }));

  expect(error).toMatchObject({ kind: 'DEADLINE_EXCEEDED', reason: 'DEADLINE_EXCEEDED' });
  expect(performance.now() - startedAt).toBeLessThan(1_000);
  await eventually(() => {
    expect(lines('call')).toEqual([expect.objectContaining({ status: 'DEADLINE_EXCEEDED', level: 'warn' })]);
  });
});

test('the signal of a call is aborted at its deadline and when the caller cancels', async () => {
  const calls: CallContext[] = [];
  const { client, lines } = await start((_, call) => {
    calls.push(call);
    return never();
  });
  const controller = new AbortController();

  const late = rejection(client.getPost(request, { timeoutMs: 100 }));
  const cancelled = rejection(client.getPost(request, { timeoutMs: 5_000, signal: controller.signal }));
  await eventually(() => {
    expect(calls).toHaveLength(2);
  });
  controller.abort();

  expect(await late).toMatchObject({ kind: 'DEADLINE_EXCEEDED' });
  expect(await cancelled).toMatchObject({ kind: 'CANCELLED', reason: 'CANCELLED' });
  await eventually(() => {
    expect(calls.map((call) => call.signal.aborted)).toEqual([true, true]);
    expect(
      lines('call')
        .map((line) => line.status)
        .sort(),
    ).toEqual(['CANCELLED', 'DEADLINE_EXCEEDED']);
  });
});

test('the signal of an answered call stays quiet', async () => {
  const calls: CallContext[] = [];
  const { client } = await start((_, call) => {
    calls.push(call);
    return Promise.resolve({});
  });
  await client.getPost(request, { timeoutMs: 100 });
  await client.getPost(request, { timeoutMs: 100 });
  await rejection(client.getPost(request, { timeoutMs: 1 }));
  expect(calls.slice(0, 2).map((call) => call.signal.aborted)).toEqual([false, false]);
});

test('each hop has 20 ms less than the one before, and passes on request id, token and cancellation', async () => {
  const seen: { call: CallContext; leftMs: number }[] = [];
  const last = await start((_, call) => {
    seen.push({ call, leftMs: call.deadlineMs() });
    return never();
  });
  let leftBefore = 0;
  const middle = await start(async (_, call) => {
    leftBefore = call.deadlineMs();
    return last.client.getPost(request, { parent: call, timeoutMs: 60_000 });
  });
  const controller = new AbortController();

  const outcome = rejection(
    middle.client.getPost(request, { timeoutMs: 1_000, requestId: 'req-9', token: 'abc', signal: controller.signal }),
  );
  await eventually(() => {
    expect(seen).toHaveLength(1);
  });
  controller.abort();

  expect(seen[0]?.call).toMatchObject({ requestId: 'req-9', token: 'abc' });
  expect(seen[0]?.leftMs).toBeLessThanOrEqual(leftBefore - 20);
  expect(await outcome).toMatchObject({ kind: 'CANCELLED' });
  await eventually(() => {
    expect(seen[0]?.call.signal.aborted).toBe(true);
  });
});

test('the callee names the timeout, so the hop in between still answers in time', async () => {
  const last = await start(never);
  let told: unknown;
  const middle = await start(async (_, call) => {
    told = await rejection(last.client.getPost(request, { parent: call }));
    throw told as AppError;
  });
  const error = await rejection(middle.client.getPost(request, { timeoutMs: 200 }));
  expect(told).toMatchObject({ kind: 'DEADLINE_EXCEEDED' });
  expect(error).toMatchObject({ kind: 'DEADLINE_EXCEEDED' });
});

test('nothing is sent for a caller whose time is over or who has left', async () => {
  const last = await start(() => Promise.resolve({}));
  const middle = await start((_, call) => Promise.resolve({ call }));
  const parent = {
    signal: new AbortController().signal,
    deadlineMs: () => 15,
    requestId: 'r',
    token: '',
  } as CallContext;

  expect(await rejection(last.client.getPost(request, { parent }))).toMatchObject({ kind: 'DEADLINE_EXCEEDED' });
  expect(await rejection(last.client.getPost(request, { timeoutMs: 100, signal: AbortSignal.abort() }))).toMatchObject({
    kind: 'CANCELLED',
  });
  expect([...last.lines('call'), ...middle.lines('call')]).toEqual([]);
});

test('a call with less than 20 ms left is refused before any work', async () => {
  let handled = 0;
  const { server, lines } = await start(() => Promise.resolve({ handled: (handled += 1) }));
  await rawCall(server.address(), '15m');
  await eventually(() => {
    expect(lines('call')).toEqual([expect.objectContaining({ status: 'DEADLINE_EXCEEDED' })]);
  });
  expect(handled).toBe(0);
});

test('a call from a stranger without a deadline gets 10 s', async () => {
  const left: number[] = [];
  const { server } = await start((_, call) => {
    left.push(call.deadlineMs());
    return Promise.resolve({});
  });
  await rawCall(server.address());
  expect(left[0]).toBeGreaterThan(9_000);
  expect(left[0]).toBeLessThanOrEqual(10_000);
});

/** A call as another implementation would make it. */
async function rawCall(address: string, timeout?: string): Promise<void> {
  const session = connect(`http://${address}`);
  const stream = session.request({
    ':method': 'POST',
    ':path': '/portal.content.v1.ContentService/GetPost',
    'content-type': 'application/grpc',
    te: 'trailers',
    ...(timeout === undefined ? {} : { 'grpc-timeout': timeout }),
  });
  const message = contentContract.rpcs[1]?.request.encode(request).finish() ?? new Uint8Array();
  const header = Buffer.alloc(5);
  header.writeUInt32BE(message.length, 1);
  stream.end(Buffer.concat([header, message]));
  stream.resume();
  await once(stream, 'close');
  session.close();
}

test('a closed client rejects', async () => {
  const { server } = await start(() => Promise.resolve({}));
  const client = createGrpcClient({ contract: contentContract, address: server.address(), caller: 'x' });
  client.close();
  expect(await rejection(client.getPost(request, { timeoutMs: 500 }))).toBeInstanceOf(AppError);
});
