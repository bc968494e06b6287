import type { ContentServiceDefinition } from '@portal/contracts/content/v1/ContentService';
import * as grpc from '@grpc/grpc-js';
import protobuf from 'protobufjs';
import {
  assertEtag,
  bindClient,
  bindHandlers,
  contentContract,
  etagOf,
  identityContract,
  jsonNameOf,
  protoRoot,
  roleRules,
  serviceContract,
  tenantContract,
} from '../src/index.ts';
import type { Rpc, ServiceContract } from '../src/index.ts';
import { sampleContract, sampleRoot } from './testing.ts';

const contracts: ServiceContract<unknown>[] = [tenantContract, identityContract, contentContract];
const rpcOf = (contract: ServiceContract<unknown>, name: string): Rpc | undefined =>
  contract.rpcs.find((rpc) => rpc.name === name);

test('a contract has what the .proto file says of each rpc', () => {
  expect(rpcOf(contentContract, 'PublishPost')).toMatchObject({
    key: 'publishPost',
    path: '/portal.content.v1.ContentService/PublishPost',
    access: { permission: 'content.post.publish', unitField: 'unitId', callers: [] },
    http: [{ method: 'post', path: '/api/v1/units/{unit_id}/posts/{post_id}:publish', body: '*' }],
    comment: "Puts a post on the unit's site.",
  });
  expect(rpcOf(contentContract, 'GetPublishedPost')).toMatchObject({
    access: { public: true, callers: ['gateway'] },
    http: [],
  });
  expect(rpcOf(sampleContract(), 'GetSample')?.access).toEqual({ public: true, callers: ['gateway', 'other'] });
  expect(rpcOf(sampleContract(), 'FindSamples')?.access).toEqual({ signedIn: true, callers: [] });
  expect(rpcOf(sampleContract(), 'EchoSample')?.http.map(({ method, path, body }) => [method, path, body])).toEqual([
    ['post', '/api/v1/samples/{sample_id}:echo', '*'],
    ['post', '/api/v1/samples:echo', '*'],
    ['put', '/api/v1/areas/{area_code}/samples/{sample_id}', 'every'],
  ]);
});

test('every rpc of proto/ is served by the definition of its contract', () => {
  const services: string[] = [];
  const walk = (namespace: protobuf.NamespaceBase): void => {
    for (const item of namespace.nestedArray) {
      if (item instanceof protobuf.Service) services.push(item.fullName.slice(1));
      else if (item instanceof protobuf.Namespace) walk(item);
    }
  };
  walk(protoRoot());
  expect(contracts.map(({ name }) => name).toSorted()).toEqual(services.toSorted());
  for (const { definition, rpcs } of contracts) {
    expect(Object.values(definition).map(({ path }) => path)).toEqual(rpcs.map(({ path }) => path));
  }
});

test('a service without a rule on who may call cannot be loaded', () => {
  const { root } = protobuf.parse('syntax = "proto3"; message A {} service S { rpc Get(A) returns (A); }');
  expect(() => serviceContract('S', root.resolveAll() as protobuf.Root)).toThrow(
    'S.Get has no (portal.options.v1.access)',
  );
});

test('JSON names are those of the messages, digits included', () => {
  for (const field of sampleRoot().lookupType('sample.v1.Every').fieldsArray) {
    const protoName = field.name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    expect(jsonNameOf(protoName)).toBe(field.name);
  }
  expect(jsonNameOf('line_1')).toBe('line_1');
});

test('every role of the contract has its rule, and may give and take only roles that there are', () => {
  const names = Object.keys(protoRoot().lookupEnum('portal.identity.v1.Role').values).filter(
    (name) => name !== 'ROLE_UNSPECIFIED',
  );
  expect([...roleRules().keys()].toSorted()).toEqual(names.toSorted());
  for (const { permissions, mayGrant, mayTake, realmRole } of roleRules().values()) {
    expect(permissions.size).toBeGreaterThan(0);
    expect(names).toEqual(expect.arrayContaining([...mayGrant, ...mayTake]));
    expect(realmRole).toMatch(/^[a-z-]+$/);
  }
  expect(roleRules().get('ROLE_OPERATOR')?.permissions).toContain('tenant.unit.create');
  expect(roleRules().get('ROLE_EDITOR')).toEqual({
    permissions: new Set(['tenant.unit.read', 'content.post.read', 'content.post.write']),
    secondFactor: false,
    mayGrant: new Set(),
    mayTake: new Set(),
    realmRole: 'editor',
  });
});

test('the operator may take every role, others what they may give', () => {
  for (const [role, { mayGrant, mayTake }] of roleRules()) {
    expect(mayTake).toEqual(role === 'ROLE_OPERATOR' ? new Set(roleRules().keys()) : mayGrant);
  }
});

test('every permission that an rpc asks for is held by some role', () => {
  const held = new Set([...roleRules().values()].flatMap(({ permissions }) => [...permissions]));
  const asked = contracts.flatMap(({ rpcs }) => rpcs.flatMap(({ access }) => access.permission ?? []));
  expect([...held].toSorted()).toEqual(expect.arrayContaining(asked));
});

test('an etag holds for its version and for no other', () => {
  expect(() => assertEtag(etagOf(3), 3)).not.toThrow();
  for (const etag of ['', '3', etagOf(2), `${etagOf(3)} `, etagOf(33)]) {
    expect(() => assertEtag(etag, 3)).toThrow(expect.objectContaining({ kind: 'ABORTED', reason: 'STALE_VERSION' }));
  }
});

test('typed handlers and a typed client meet over real gRPC, with dates as dates', async () => {
  const publishTime = new Date('2026-09-05T00:00:00.123Z');
  const handled = bindHandlers<ContentServiceDefinition, string>(contentContract, {
    ...unimplemented,
    getPost: ({ postId }, call) =>
      Promise.resolve({ post: { postId, title: call, state: 'POST_STATE_PUBLISHED', publishTime } }),
  });
  const server = new grpc.Server();
  server.addService(
    contentContract.definition,
    Object.fromEntries(
      handled.map(({ rpc, handler }) => [
        rpc.name,
        (call: grpc.ServerUnaryCall<object, object>, done: grpc.sendUnaryData<object>): void => {
          void handler(call.request, `for ${call.getPath()}`).then((response) => done(null, response), done);
        },
      ]),
    ),
  );
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  const channel = new grpc.Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
  const client = bindClient(contentContract, (rpc, request, deadlineMs: number) => {
    const method = contentContract.definition[rpc.name] as grpc.MethodDefinition<object, object>;
    return new Promise<object>((resolve, reject) => {
      const deadline = Date.now() + deadlineMs;
      channel.makeUnaryRequest(
        rpc.path,
        method.requestSerialize,
        method.responseDeserialize,
        request,
        { deadline },
        (error, response) => (error ? reject(error) : resolve(response ?? {})),
      );
    });
  });
  try {
    const { post } = await client.getPost({ unitId: 'u1', postId: 'p1' }, 5000);
    expect(post).toStrictEqual({
      postId: 'p1',
      unitId: '',
      state: 'POST_STATE_PUBLISHED',
      title: 'for /portal.content.v1.ContentService/GetPost',
      body: '',
      slug: '',
      publishTime,
      createTime: null,
      updateTime: null,
      etag: '',
      excerpt: '',
    });
    await expect(client.createPost({}, 5000)).rejects.toThrow('not here');
  } finally {
    channel.close();
    server.forceShutdown();
  }
});

test('a service that forgets an rpc does not start', () => {
  const { getPost: _, ...others } = unimplemented;
  expect(() => bindHandlers(contentContract, others as typeof unimplemented)).toThrow('has no handler for GetPost');
});

const notHere = (): Promise<never> => Promise.reject(new Error('not here'));
const unimplemented = {
  createPost: notHere,
  getPost: notHere,
  listPosts: notHere,
  publishPost: notHere,
  withdrawPost: notHere,
  getPublishedPost: notHere,
  listPublishedPosts: notHere,
};
