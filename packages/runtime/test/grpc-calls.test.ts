import { contentContract, fieldRuleOf, identityContract, tenantContract, validateMessage } from '@portal/contracts';
import type { Rpc, ServiceContract } from '@portal/contracts';
import { AppError, notFound, permissionDenied, unauthenticated } from '@portal/errors';
import { createGrpcClient, createGrpcServer, createMetrics } from '../src/index.ts';
import type { CallContext, CallOptions } from '../src/index.ts';
import { allowAll, captureLog, findSample, handleAll, rejection, startStack } from './support.ts';
import type { Stack } from './support.ts';

const request = { unitId: 'u1', postId: 'p1' };
const post = { postId: 'p1', unitId: 'u1', title: 'Khai giảng năm học mới', state: 'POST_STATE_DRAFT' };

let stack: Stack | undefined;
afterEach(async () => {
  await stack?.stop();
  stack = undefined;
});

test('a request reaches its handler with strict fields and the answer comes back typed', async () => {
  let seen: unknown;
  const createTime = new Date('2026-09-05T00:00:00.123Z');
  stack = await startStack((received) => {
    seen = received;
    return Promise.resolve({ post: { ...post, createTime } });
  });

  const { post: answered } = await stack.client.getPost(request, { timeoutMs: 2_000 });

  expect(seen).toEqual(request);
  expect(answered).toMatchObject({ ...post, createTime, publishTime: null, etag: '' });
});

test('the handler learns request id, caller, token, actor and the time left', async () => {
  const calls: CallContext[] = [];
  const person = { kind: 'person', personId: 's', username: 'lan', sessionId: 'x', secondFactor: true } as const;
  const handler = (_: unknown, call: CallContext): Promise<object> => {
    calls.push(call);
    return Promise.resolve({});
  };
  stack = await startStack(handler, { authorize: () => Promise.resolve(person) });

  await stack.client.getPost(request, { timeoutMs: 3_000, requestId: 'req-1', token: 'a.b.c' });

  expect(calls[0]).toMatchObject({ requestId: 'req-1', caller: 'gateway', token: 'a.b.c', actor: person });
  expect(calls[0]?.deadlineMs()).toBeLessThanOrEqual(3_000);
  expect(calls[0]?.signal.aborted).toBe(false);
});

test('access is decided before the handler runs, and its refusal reaches the caller as it was', async () => {
  let handled = 0;
  const handler = (): Promise<object> => Promise.resolve({ handled: (handled += 1) });
  stack = await startStack(handler, {
    authorize: (rpc, received, call) => {
      expect(received.unitId).toBe('u1');
      if (call.token === '') throw unauthenticated('TOKEN_MISSING');
      throw permissionDenied('PERMISSION_MISSING', { metadata: { permission: rpc.access.permission ?? '' } });
    },
  });

  const anonymous = await rejection(stack.client.getPost(request, { timeoutMs: 2_000 }));
  const known = await rejection(stack.client.getPost(request, { timeoutMs: 2_000, token: 'abc' }));

  expect(anonymous).toMatchObject({ kind: 'UNAUTHENTICATED', reason: 'TOKEN_MISSING' });
  expect(known).toMatchObject({ reason: 'PERMISSION_MISSING', metadata: { permission: 'content.post.read' } });
  expect(handled).toBe(0);
});

describe('field rules', () => {
  const contracts = [contentContract, tenantContract, identityContract] as ServiceContract<unknown>[];
  const cases = contracts.flatMap((contract) =>
    contract.rpcs.flatMap((rpc) => brokenValues(rpc).map((broken) => ({ contract, rpc, ...broken }))),
  );

  test.each(cases.map((item) => [`${item.rpc.name} ${item.field}: ${item.rule}`, item] as const))(
    '%s is refused with the violations of the contract',
    async (_, { contract, rpc, field, value }) => {
      const { log } = captureLog();
      let handled = false;
      const server = createGrpcServer({
        service: 'any',
        address: '127.0.0.1:0',
        implementations: [
          handleAll(contract, () => {
            handled = true;
            return Promise.resolve({});
          }),
        ],
        authorize: allowAll,
        log,
        metrics: createMetrics('any'),
      });
      await server.start?.();
      const client = createGrpcClient({ contract, address: server.address(), caller: 'test' });
      const call = (client as unknown as Record<string, (request: object, options: CallOptions) => Promise<object>>)[
        rpc.key
      ];
      const message = { [field]: value };

      const error = await rejection(call?.(message, { timeoutMs: 2_000 }) ?? Promise.resolve());
      client.close();
      await server.stop?.();

      const whole = { ...rpc.request.toObject(rpc.request.create({}), { defaults: true, enums: String }), ...message };
      const violations = validateMessage(rpc.request, whole);
      expect(violations.filter((violation) => violation.field === field)).not.toEqual([]);
      expect(error).toBeInstanceOf(AppError);
      expect(error).toMatchObject({ kind: 'INVALID_ARGUMENT', reason: 'INVALID_REQUEST', violations });
      expect(handled).toBe(false);
    },
  );
});

function brokenValues(rpc: Rpc): { field: string; rule: string; value: unknown }[] {
  return rpc.request.fieldsArray.flatMap((field) => {
    const { required, minLen, maxLen, pattern, gte, lte } = fieldRuleOf(field);
    const isNumber = field.type === 'int32';
    return [
      ...(required ? [{ field: field.name, rule: 'required', value: isNumber ? 0 : undefined }] : []),
      ...(minLen === undefined ? [] : [{ field: field.name, rule: 'min_len', value: 'ệ'.repeat(minLen - 1) }]),
      ...(maxLen === undefined ? [] : [{ field: field.name, rule: 'max_len', value: 'ệ'.repeat(maxLen + 1) }]),
      ...(pattern === undefined ? [] : [{ field: field.name, rule: 'pattern', value: '!' }]),
      ...(gte === undefined ? [] : [{ field: field.name, rule: 'gte', value: gte - 1 }]),
      ...(lte === undefined ? [] : [{ field: field.name, rule: 'lte', value: lte + 1 }]),
    ];
  });
}

test('an unexpected exception tells the caller a request id and nothing more, and is logged once in full', async () => {
  stack = await startStack(() => {
    throw new TypeError('cannot read db.internal:27017', { cause: new Error('the root of it') });
  });

  const error = await rejection(stack.client.getPost(request, { timeoutMs: 2_000, requestId: 'req-7' }));

  expect(error).toMatchObject({ kind: 'INTERNAL', reason: 'INTERNAL', message: 'INTERNAL', violations: [] });
  expect((error as AppError).metadata).toEqual({ requestId: 'req-7' });
  const mentions = stack.lines().filter((line) => JSON.stringify(line).includes('db.internal'));
  expect(mentions).toHaveLength(1);
  expect(mentions[0]).toMatchObject({
    msg: 'call',
    level: 'error',
    requestId: 'req-7',
    err: { type: 'TypeError', message: 'cannot read db.internal:27017', cause: { message: 'the root of it' } },
  });
});

test.each([
  [
    'a fault of ours that has a reason',
    (): never => {
      throw new AppError({ kind: 'INTERNAL', reason: 'UNIT_SCOPE_MISSING', metadata: { q: 'x' } });
    },
  ],
  [
    'an answer that is no message',
    () => Promise.resolve({ post: { title: { not: 'text' }, createTime: 'yesterday' } }),
  ],
  ['no answer at all', () => Promise.resolve(undefined as unknown as object)],
  [
    'something thrown that is no error',
    (): never => {
      throw 'text' as unknown as Error;
    },
  ],
])('%s is INTERNAL to the caller', async (_, handler) => {
  stack = await startStack(handler);
  const error = await rejection(stack.client.getPost(request, { timeoutMs: 2_000, requestId: 'r' }));
  expect(error).toMatchObject({ kind: 'INTERNAL', reason: 'INTERNAL', metadata: { requestId: 'r' } });
});

test('every call leaves one line with request id, rpc, caller, unit, status and time, and one count', async () => {
  const handler = ({ unitId }: { unitId: string }): Promise<object> => {
    if (unitId === 'gone') throw notFound('POST_NOT_FOUND');
    return Promise.resolve({});
  };
  stack = await startStack(handler);

  await stack.client.getPost(request, { timeoutMs: 2_000, requestId: 'a' });
  await rejection(stack.client.getPost({ ...request, unitId: 'gone' }, { timeoutMs: 2_000, requestId: 'b' }));
  await rejection(stack.client.createPost({ unitId: 'u2' }, { timeoutMs: 2_000, requestId: 'c' }));

  const base = { caller: 'gateway', ms: expect.any(Number) as number, service: 'test' };
  const name = (rpc: string): string => `portal.content.v1.ContentService/${rpc}`;
  expect(stack.lines('call')).toEqual([
    expect.objectContaining({ ...base, level: 'info', requestId: 'a', rpc: name('GetPost'), unit: 'u1', status: 'OK' }),
    expect.objectContaining({ ...base, requestId: 'b', unit: 'gone', status: 'NOT_FOUND', reason: 'POST_NOT_FOUND' }),
    expect.objectContaining({
      ...base,
      requestId: 'c',
      rpc: name('CreatePost'),
      unit: 'u2',
      status: 'INVALID_ARGUMENT',
    }),
  ]);
  const metrics = await stack.metrics.render();
  const rpc = name('GetPost');
  for (const side of ['server', 'client']) {
    expect(findSample(metrics, `portal_grpc_${side}_calls_total`, { rpc, status: 'OK' })).toBe(1);
    expect(findSample(metrics, `portal_grpc_${side}_calls_total`, { rpc, status: 'NOT_FOUND' })).toBe(1);
    expect(findSample(metrics, `portal_grpc_${side}_call_seconds_count`, { rpc })).toBe(2);
  }
});

test('text reaches the handler in its one form, and rules hold for that form', async () => {
  const titles: unknown[] = [];
  stack = await startStack((received) => {
    titles.push((received as { title?: string }).title);
    return Promise.resolve({});
  });

  await stack.client.createPost({ unitId: 'u1', title: 'Hà Nội'.normalize('NFD'), body: 'x' }, { timeoutMs: 2_000 });

  expect(titles).toEqual(['Hà Nội'.normalize('NFC')]);
});
