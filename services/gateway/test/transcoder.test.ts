import { notFound } from '@portal/errors';
import type { Match } from '../src/api/transcoder.ts';
import { createRecordingApi, violationsOf } from './transcoder-fixture.ts';
import type { RecordingApi } from './transcoder-fixture.ts';

let api: RecordingApi;
beforeEach(() => {
  api = createRecordingApi();
});

describe('a request', () => {
  test('becomes the message of its rpc from path and body, with the call options as given', async () => {
    await api.send('POST', '/api/v1/units/u1/posts/p%201:publish', { body: { etag: 'v1' } });
    expect(api.calls).toEqual([
      { rpc: 'PublishPost', request: { unitId: 'u1', postId: 'p 1', etag: 'v1' }, options: 'as given' },
    ]);
  });

  test('takes fields from the query, repeated keys into lists, absent ones as defaults', async () => {
    const query =
      'flag=true&aInt32=-5&aUint64=18446744073709551615&aDouble=1e-3&colour=COLOUR_RED&text=a%2Bb+c&maybe=0';
    const more =
      'since=2026-08-22T10:00:00%2B07:00&day=2024-02-29&texts=a&texts=&numbers=1&numbers=2&colours=COLOUR_BLUE&data=AQI%3D';
    await api.send('GET', `/api/v1/areas/-7/samples?${query}&${more}`);
    expect(api.calls[0]?.request).toStrictEqual({
      areaCode: '-7',
      text: 'a+b c',
      flag: true,
      aInt32: -5,
      aUint32: 0,
      aUint64: '18446744073709551615',
      aDouble: 0.001,
      aFloat: 0,
      colour: 'COLOUR_RED',
      since: new Date('2026-08-22T03:00:00Z'),
      day: { year: 2024, month: 2, day: 29 },
      _maybe: 'maybe',
      maybe: 0,
      texts: ['a', ''],
      numbers: [1, 2],
      colours: ['COLOUR_BLUE'],
      flags: [],
      data: Buffer.from([1, 2]),
    });
  });

  test('with a named body field has that field from the body and the others from path and query', async () => {
    await api.send('PUT', '/api/v1/areas/5/samples/s1?notes=a&notes=b', { body: { text: 't' } });
    expect(api.calls[0]).toMatchObject({
      rpc: 'EchoSample',
      request: { areaCode: '5', sampleId: 's1', notes: ['a', 'b'], every: { text: 't' } },
    });
  });

  test('PATCH changes exactly the keys that are there', async () => {
    await api.send('PATCH', '/api/v1/samples/s1?reason=typo', {
      body: { text: '', aInt32: 5, createTime: null, line_1: 'x' },
    });
    expect(api.calls[0]?.request).toMatchObject({
      sampleId: 's1',
      reason: 'typo',
      every: { text: '', aInt32: 5, createTime: null },
      updateMask: { paths: ['text', 'a_int32', 'create_time', 'line_1'] },
    });
    expect(await violationsOf(api.send('PATCH', '/api/v1/samples/s1?updateMask=text', { body: {} }))).toEqual([
      'updateMask UNKNOWN_FIELD',
    ]);
    expect(await violationsOf(api.send('PATCH', '/api/v1/samples/s1', { body: { titel: 1 } }))).toEqual([
      'every.titel UNKNOWN_FIELD',
    ]);
  });

  test('may reach one rpc by several paths', async () => {
    await api.send('POST', '/api/v1/grants', { body: { username: 'a', role: 'ROLE_OPERATOR' } });
    await api.send('POST', '/api/v1/units/u1/grants', { body: { username: 'a', role: 'ROLE_EDITOR' } });
    await api.send('DELETE', '/api/v1/grants/g1');
    await api.send('DELETE', '/api/v1/units/u1/grants/g1?etag=v1');
    expect(api.calls).toMatchObject([
      { rpc: 'GiveGrant', request: { unitId: '', role: 'ROLE_OPERATOR' } },
      { rpc: 'GiveGrant', request: { unitId: 'u1', role: 'ROLE_EDITOR' } },
      { rpc: 'TakeGrant', request: { unitId: '', grantId: 'g1', etag: '' } },
      { rpc: 'TakeGrant', request: { unitId: 'u1', grantId: 'g1', etag: 'v1' } },
    ]);
  });
});

describe('an answer', () => {
  test('is the JSON of the response and belongs into no cache', async () => {
    api.answer = () => Promise.resolve({ post: { postId: 'p1', publishTime: new Date(0), createTime: null } });
    const { status, headers, body } = await api.send('GET', '/api/v1/units/u1/posts/p1');
    expect([status, headers]).toEqual([
      200,
      { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' },
    ]);
    expect(body).toMatchObject({ post: { postId: 'p1', publishTime: '1970-01-01T00:00:00.000Z' } });
    expect(body.post).not.toHaveProperty('createTime');
  });

  test('that is an error comes through as it is', async () => {
    api.answer = () => Promise.reject(notFound('POST_NOT_FOUND'));
    await expect(api.send('GET', '/api/v1/units/u1/posts/p1')).rejects.toMatchObject({ reason: 'POST_NOT_FOUND' });
  });
});

describe('what has no place in the request', () => {
  const post = '/api/v1/units/u1/posts';
  test.each<[name: string, method: string, url: string, body: unknown, violations: string[]]>([
    ['an unknown body field', 'POST', post, { title: 'a', titel: 'b' }, ['titel UNKNOWN_FIELD']],
    ['an unknown query key', 'GET', `${post}?pageSize=5&sort=title`, undefined, ['sort UNKNOWN_FIELD']],
    ['a proto name in the query', 'GET', `${post}?page_size=5`, undefined, ['page_size UNKNOWN_FIELD']],
    [
      '__proto__ in the query',
      'GET',
      `${post}?__proto__=5&constructor=1`,
      undefined,
      ['__proto__ UNKNOWN_FIELD', 'constructor UNKNOWN_FIELD'],
    ],
    ['a query key of the path', 'GET', `${post}?unitId=u2`, undefined, ['unitId UNKNOWN_FIELD']],
    ['a query beside body *', 'POST', `${post}?title=a`, { body: 'b' }, ['title UNKNOWN_FIELD']],
    ['a query key of the body field', 'PUT', '/api/v1/areas/1/samples/s1?every=1', {}, ['every UNKNOWN_FIELD']],
    ['a single value given twice', 'GET', `${post}?pageSize=5&pageSize=5`, undefined, ['pageSize TOO_MANY']],
    ['text for a number', 'GET', `${post}?pageSize=five`, undefined, ['pageSize WRONG_TYPE']],
    ['an empty number', 'GET', `${post}?pageSize=`, undefined, ['pageSize WRONG_TYPE']],
    ['a hexadecimal number', 'GET', `${post}?pageSize=0x10`, undefined, ['pageSize WRONG_TYPE']],
    ['a number beyond its type', 'GET', `${post}?pageSize=4294967296`, undefined, ['pageSize OUT_OF_RANGE']],
    ['another value than the path', 'POST', post, { unitId: 'u2' }, ['unitId PATH_MISMATCH']],
    ['null for a path field', 'POST', post, { unitId: null }, ['unitId PATH_MISMATCH']],
    ['an unknown enum', 'POST', '/api/v1/grants', { role: 'ROLE_KING' }, ['role UNKNOWN_ENUM_VALUE']],
    ['an enum number', 'POST', '/api/v1/grants', { role: 1 }, ['role WRONG_TYPE']],
    ['a body that is a list', 'POST', post, [], [' WRONG_TYPE']],
    ['a body that is null', 'POST', post, null, [' WRONG_TYPE']],
    ['a body field that is a text', 'PUT', '/api/v1/areas/1/samples/s1', 'text', ['every WRONG_TYPE']],
    ['a body where none belongs', 'DELETE', '/api/v1/grants/g1', {}, [' UNKNOWN_FIELD']],
    ['a path that is no number', 'GET', '/api/v1/areas/one/samples', undefined, ['areaCode WRONG_TYPE']],
    [
      'a flag that is neither',
      'GET',
      '/api/v1/areas/1/samples?flag=yes&flags=true&flags=1',
      undefined,
      ['flag WRONG_TYPE', 'flags[1] WRONG_TYPE'],
    ],
  ])('%s is refused', async (_, method, url, body, violations) => {
    expect(await violationsOf(api.send(method, url, body === undefined ? {} : { body }))).toEqual(violations);
    expect(api.calls).toEqual([]);
  });

  test('the path value once more in the body is no contradiction', async () => {
    await api.send('POST', post, { body: { unitId: 'u1', title: 'a', body: 'b' } });
    expect(api.calls[0]?.request).toEqual({ unitId: 'u1', title: 'a', body: 'b' });
  });

  test.each([
    undefined,
    '',
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/json; charset=latin1',
    'application/jsonp',
    'multipart/form-data; a=application/json',
  ])('a body of type %j is refused as such', async (contentType) => {
    const match = api.transcoder.match('POST', post) as Match;
    for (const body of [undefined, { title: 'a' }]) {
      await expect(
        api.transcoder.call(match, { query: new URLSearchParams(), contentType, body }, ''),
      ).rejects.toMatchObject({
        kind: 'INVALID_ARGUMENT',
        reason: 'UNSUPPORTED_MEDIA_TYPE',
      });
    }
  });

  test.each(['application/json', 'application/json;charset=utf-8', 'Application/JSON ; charset="UTF-8"'])(
    '%j is JSON',
    async (contentType) => {
      await api.send('POST', post, { body: { title: 'a' }, contentType });
      expect(api.calls).toHaveLength(1);
    },
  );
});
