import type { ServiceContract } from '@portal/contracts';
import { serviceContract } from '@portal/contracts';
import fc from 'fast-check';
import protobuf from 'protobufjs';
import { createTranscoder } from '../src/api/transcoder.ts';
import type { Match, MatchResult } from '../src/api/transcoder.ts';
import { apiContracts, clientOf, createRecordingApi } from './transcoder-fixture.ts';

const { transcoder } = createRecordingApi();

const matched = (method: string, path: string): string | undefined => {
  const match = transcoder.match(method, path);
  return match.kind === 'call' ? match.rpc.name : undefined;
};

describe('routing', () => {
  test('a literal wins over a field', () => {
    expect(matched('GET', '/api/v1/samples/latest')).toBe('GetLatestSample');
    expect(matched('GET', '/api/v1/samples/latest2')).toBe('GetSample');
  });

  test('HEAD goes where GET goes', () => {
    expect(matched('HEAD', '/api/v1/units/u1')).toBe('GetUnit');
  });

  test.each<[method: string, path: string, allow: string]>([
    ['POST', '/api/v1/units/u1', 'GET, HEAD'],
    ['GET', '/api/v1/units/u1/posts/p1:publish', 'POST'],
    ['PUT', '/api/v1/units', 'GET, HEAD, POST'],
    ['OPTIONS', '/api/v1/samples/s1', 'DELETE, GET, HEAD, PATCH'],
    // The literal has GET only, the field beside it has more.
    ['TRACE', '/api/v1/samples/latest', 'DELETE, GET, HEAD, PATCH'],
    ['__proto__', '/api/v1/units', 'GET, HEAD, POST'],
  ])('%s %s is told what is allowed: %s', (method, path, allow) => {
    expect(transcoder.match(method, path)).toEqual({ kind: 'method-not-allowed', allow });
  });

  test.each([
    '',
    '/',
    '*',
    'api/v1/units',
    '/api/v1/units/',
    '/api/v1//units',
    '//api/v1/units',
    '/api/v1/units/u1/posts/',
    '/api/v1/units//posts',
    '/api/v1/UNITS',
    '/api/v1/%75nits',
    '/api/v1/units/u1/posts/p1:burn',
    '/api/v1/units/u1/posts/p1:',
    '/api/v1/units/u1/posts/p1:publish:publish',
    '/api/v1/units/u1/posts/:publish',
    '/api/v1/units/..',
    '/api/v1/units/%2e%2E/posts',
    '/api/v1/units/.',
    '/api/v1/units/a%2Fb/posts',
    '/api/v1/units/a%5Cb/posts',
    '/api/v1/units/a%00/posts',
    '/api/v1/units/a%0Ab/posts',
    '/api/v1/units/%C2%85/posts',
    '/api/v1/units/%/posts',
    '/api/v1/units/%zz/posts',
    '/api/v1/units/%ff/posts',
    '/api/v1/units/%c0%af/posts',
    '/api/v1/units/%ed%a0%80/posts',
    '/api/v1/units/__proto__/constructor',
    '/portal.content.v1.ContentService/CreatePost',
  ])('%j is no path', (path) => {
    for (const method of ['GET', 'POST', 'DELETE'])
      expect(transcoder.match(method, path)).toEqual({ kind: 'not-found' });
  });

  test('rpcs without a binding cannot be reached', () => {
    const reachable = new Set(apiContracts.flatMap(({ rpcs }) => rpcs).filter(({ http }) => http.length > 0));
    const hidden = apiContracts.flatMap(({ rpcs }) => rpcs).filter((rpc) => !reachable.has(rpc));
    expect(hidden.map(({ name }) => name)).toEqual(['HideSample', 'GetPublishedPost', 'ListPublishedPosts']);
    const segment = fc.constantFrom(
      'api',
      'v1',
      'units',
      'u1',
      'posts',
      'p1',
      'published',
      'samples',
      's1:hide',
      's1',
      '',
    );
    fc.assert(
      fc.property(fc.array(segment, { maxLength: 7 }), fc.constantFrom('GET', 'POST', 'PUT'), (segments, method) => {
        const found = transcoder.match(method, `/${segments.join('/')}`);
        expect(found.kind !== 'call' || reachable.has(found.rpc)).toBe(true);
      }),
    );
  });

  test('a value of the path is decoded once and arrives as it was meant', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), (value) => {
        const found = transcoder.match('GET', `/api/v1/units/${encodeURIComponent(value)}/posts`);
        const hostile = value === '.' || value === '..' || /[/\\\p{Cc}]/u.test(value);
        if (hostile) expect(found.kind).toBe('not-found');
        else expect((found as Match).path.get('unit_id')).toBe(value);
      }),
      { numRuns: 1000, examples: [['%2F'], ['%252e'], ['a:publish'], ['Trường'], ['?'], ['#'], [';a=b']] },
    );
  });

  test('any path at all gets an answer', () => {
    const piece = fc.oneof(
      fc.constantFrom('/', '/api/v1/units/', ':', '%', '%2F', '..', '/posts/', ':publish'),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.string(), fc.array(piece), (method, pieces) => {
        const found: MatchResult = transcoder.match(method, pieces.join(''));
        expect(['call', 'method-not-allowed', 'not-found']).toContain(found.kind);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('bindings that cannot work stop the gateway at its start', () => {
  const service = (rpcs: string): ServiceContract<unknown> => {
    const source = `syntax = "proto3"; package p; message A { string id = 1; string name = 2; } service S { ${rpcs} }`;
    return serviceContract('p.S', protobuf.parse(source).root.resolveAll() as protobuf.Root);
  };
  const rpc = (name: string, http: string): string =>
    `rpc ${name}(A) returns (A) { option (google.api.http) = { ${http} }; option (portal.options.v1.access) = { public: true }; }`;
  const start = (rpcs: string, client?: object): void => {
    const contract = service(rpcs);
    createTranscoder([{ contract, client: client ?? clientOf(contract, () => Promise.resolve({})) }]);
  };

  test.each<[name: string, rpcs: string, message: string]>([
    ['an unknown field in the path', rpc('Get', 'get: "/a/{code}"'), 'binds code, which A does not have'],
    ['a field of every object', rpc('Get', 'get: "/a/{constructor}"'), 'binds constructor'],
    ['an unknown body field', rpc('Put', 'put: "/a/{id}" body: "resource"'), 'binds resource'],
    ['POST without body', rpc('Post', 'post: "/a/{id}"'), 'must have a body'],
    ['GET with body', rpc('Get', 'get: "/a" body: "*"'), 'must have a body'],
    ['PATCH without mask', rpc('Patch', 'patch: "/a/{id}" body: "name"'), 'needs the resource'],
    ['a wildcard', rpc('Get', 'get: "/a/*"'), 'bad segment *'],
    ['a nested field', rpc('Get', 'get: "/a/{b.id}"'), 'bad segment {b.id}'],
    ['a pattern', rpc('Get', 'get: "/a/{id=**}"'), 'bad segment'],
    ['a field twice', rpc('Get', 'get: "/a/{id}/{id}"'), 'appears twice'],
    ['no slash', rpc('Get', 'get: "a"'), 'bad path template'],
    ['an empty verb', rpc('Get', 'get: "/a:"'), 'bad path template'],
    ['one path for two rpcs', rpc('Get', 'get: "/a/{id}"') + rpc('Find', 'get: "/a/{name}"'), 'have one HTTP path'],
  ])('%s', (_, rpcs, message) => {
    expect(() => start(rpcs)).toThrow(message);
  });

  test('a client that lacks the rpc', () => {
    expect(() => start(rpc('Get', 'get: "/a/{id}"'), {})).toThrow('the client of p.S has no get');
  });

  test('the same path with another method or verb is fine', () => {
    start(
      rpc('Get', 'get: "/a/{id}"') + rpc('Delete', 'delete: "/a/{id}"') + rpc('Run', 'post: "/a/{id}:run" body: "*"'),
    );
  });
});
