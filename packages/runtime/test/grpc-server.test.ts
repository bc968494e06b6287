import { credentials } from '@grpc/grpc-js';
import { Client } from '@grpc/grpc-js';
import { contentContract } from '@portal/contracts';
import { unavailable } from '@portal/errors';
import { service as healthService } from 'grpc-health-check';
import { createGrpcClient, createGrpcServer, createMetrics, createService, implement } from '../src/index.ts';
import { allowAll, captureLog, eventually, handleAll, rejection, startStack } from './support.ts';
import type { Stack } from './support.ts';

const request = { unitId: 'u1', postId: 'p1' };
const stacks: Stack[] = [];

async function start(...args: Parameters<typeof startStack>): Promise<Stack> {
  const stack = await startStack(...args);
  stacks.push(stack);
  return stack;
}

afterEach(async () => {
  for (const stack of stacks.splice(0)) await stack.stop();
});

/** What the gRPC health service says of one name. */
async function checkHealth(address: string, service: string): Promise<string> {
  const client = new Client(address, credentials.createInsecure());
  const { path, requestSerialize, responseDeserialize } = healthService.Check as (typeof healthService)[string];
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  client.makeUnaryRequest(
    path,
    requestSerialize,
    (bytes) => responseDeserialize(bytes) as { status: string },
    { service },
    { deadline: Date.now() + 2_000 },
    (error, answer) => {
      if (error) reject(error);
      else resolve(answer?.status ?? '');
    },
  );
  return promise.finally(() => {
    client.close();
  });
}

test('health says NOT_SERVING until every component is ready, and again before the service stops', async () => {
  const { log } = captureLog();
  const names = ['', contentContract.name];
  let mongoReady = false;
  const heard: boolean[] = [];
  const server = createGrpcServer({
    service: 'content',
    address: '127.0.0.1:0',
    implementations: [handleAll(contentContract, () => Promise.resolve({}))],
    authorize: allowAll,
    log,
    metrics: createMetrics('content'),
  });
  const service = createService({
    service: 'content',
    log,
    components: [{ name: 'mongo', ready: () => mongoReady }, server],
    address: server.address,
    onReadyChange: (ready) => {
      heard.push(ready);
      server.setServing(ready);
    },
  });
  expect(() => service.address()).toThrow(/not listening/);
  await service.start();
  for (const name of names) expect(await checkHealth(service.address(), name)).toBe('NOT_SERVING');

  mongoReady = true;
  await eventually(async () => {
    for (const name of names) expect(await checkHealth(service.address(), name)).toBe('SERVING');
  });
  mongoReady = false;
  await eventually(async () => {
    expect(await checkHealth(service.address(), '')).toBe('NOT_SERVING');
  });
  await service.stop();
  expect(heard).toEqual([true, false]);
});

test('stopping lets calls in flight end and takes no new ones', async () => {
  const { promise: released, resolve: release } = Promise.withResolvers<object>();
  const { client, server, lines } = await start(() => released, { drainTimeoutMs: 5_000 });
  const inFlight = client.getPost(request, { timeoutMs: 5_000 });
  await eventually(async () => {
    expect(await checkHealth(server.address(), '')).toBe('NOT_SERVING');
  });
  const stopped = server.stop?.();
  const late = createGrpcClient({ contract: contentContract, address: server.address(), caller: 'late' });
  await eventually(async () => {
    expect(await rejection(late.createPost({ unitId: 'u', title: 't', body: 'b' }, { timeoutMs: 300 }))).toMatchObject({
      kind: 'UNAVAILABLE',
      reason: 'SERVICE_UNAVAILABLE',
    });
  });
  late.close();
  release({ post: { postId: 'p1' } });
  expect((await inFlight).post?.postId).toBe('p1');
  await stopped;
  expect(lines('call')).toHaveLength(1);
});

test('stopping is bounded: calls that do not end are cut off', async () => {
  const { client, server, lines } = await start(() => new Promise(() => undefined), { drainTimeoutMs: 100 });
  const outcome = rejection(client.createPost({ unitId: 'u', title: 't', body: 'b' }, { timeoutMs: 20_000 }));
  await eventually(async () => {
    expect(await checkHealth(server.address(), '')).toBe('NOT_SERVING');
  });
  const startedAt = performance.now();
  await server.stop?.();
  expect(performance.now() - startedAt).toBeLessThan(2_000);
  expect(await outcome).toMatchObject({ kind: expect.stringMatching(/^(UNAVAILABLE|CANCELLED)$/) as string });
  expect(lines('calls in flight were cut off')).toHaveLength(1);
});

test('a server may be stopped twice and before it was started', async () => {
  const { server } = await start(() => Promise.resolve({}));
  await server.stop?.();
  await server.stop?.();
  const { log } = captureLog();
  const never = createGrpcServer({
    service: 'x',
    address: '127.0.0.1:0',
    implementations: [],
    authorize: allowAll,
    log,
    metrics: createMetrics('x'),
  });
  await never.stop?.();
});

test('a client finds its server again after a restart, within seconds and by itself', async () => {
  const first = await start(() => Promise.resolve({}));
  const address = first.server.address();
  await first.client.getPost(request, { timeoutMs: 2_000 });
  await first.server.stop?.();
  expect(await rejection(first.client.getPost(request, { timeoutMs: 1_000 }))).toMatchObject({ kind: 'UNAVAILABLE' });

  await start(() => Promise.resolve({}), { address });
  const restartedAt = performance.now();
  await eventually(() => first.client.createPost({ unitId: 'u', title: 't', body: 'b' }, { timeoutMs: 1_000 }), 10_000);
  expect(performance.now() - restartedAt).toBeLessThan(5_000);
});

test('a read is tried again when a server behind it is away for a moment; a write is not', async () => {
  let reads = 0;
  let writes = 0;
  const { client } = await start((received) => {
    const isWrite = 'title' in received;
    if (isWrite) writes += 1;
    else reads += 1;
    if (isWrite || reads < 3) throw unavailable('STORE_UNAVAILABLE', { retryAfterMs: 1_000 });
    return Promise.resolve({ post: { postId: 'p1' } });
  });
  const { post } = await client.getPost(request, { timeoutMs: 5_000 });
  const error = await rejection(client.createPost({ unitId: 'u', title: 't', body: 'b' }, { timeoutMs: 5_000 }));
  expect(post?.postId).toBe('p1');
  expect(error).toMatchObject({ kind: 'UNAVAILABLE', reason: 'STORE_UNAVAILABLE', retryAfterMs: 1_000 });
  expect([reads, writes]).toEqual([3, 1]);
});

test('a contract cannot be served with a handler missing', () => {
  expect(() => implement(contentContract, {} as never)).toThrow(/has no handler for CreatePost/);
});

test('a taken port is an error at start', async () => {
  const { server } = await start(() => Promise.resolve({}));
  await expect(startStack(() => Promise.resolve({}), { address: server.address() })).rejects.toThrow(/EADDRINUSE|bind/);
});
