import { arbitraryMessage } from '@portal/contracts/testing';
import fc from 'fast-check';
import { apiContracts, createRecordingApi, violationsOf } from './transcoder-fixture.ts';
import { plainJson, writeRequest } from './transcoder-writer.ts';

const api = createRecordingApi();

describe('for every rpc and any message', () => {
  const bound = apiContracts.flatMap(({ rpcs }) => rpcs.flatMap((rpc) => rpc.http.map((_, index) => ({ rpc, index }))));

  test.each(bound.map(({ rpc, index }) => [`${rpc.path} by binding ${index}`, rpc, index] as const))(
    '%s, the request arrives and the response returns unchanged',
    async (_, rpc, index) => {
      await fc.assert(
        fc.asyncProperty(arbitraryMessage(rpc.request), arbitraryMessage(rpc.response), async (request, response) => {
          const written = writeRequest(rpc, index, request);
          fc.pre(written !== undefined);
          api.answer = () => Promise.resolve(response);
          api.calls.length = 0;
          const { body } = await api.send(
            written.method,
            written.url,
            written.body === undefined ? {} : { body: written.body },
          );
          expect(api.calls).toStrictEqual([{ rpc: rpc.name, request: written.expected, options: 'as given' }]);
          expect(JSON.parse(JSON.stringify(body))).toStrictEqual(plainJson(rpc.response, response));
        }),
        { numRuns: rpc.path.includes('sample') ? 60 : 25 },
      );
    },
  );

  test('hostile JSON is either taken as a message or refused with a path, and never anything else', async () => {
    const fields = [
      'unitId',
      'title',
      'body',
      '__proto__',
      'constructor',
      'sampleId',
      'every',
      'notes',
      'areaCode',
      'text',
      'child',
    ];
    const before = Object.getOwnPropertyNames(Object.prototype);
    const hostile = fc
      .object({
        key: fc.oneof(fc.constantFrom(...fields), fc.string()),
        maxDepth: 4,
        withBigInt: false,
        withNullPrototype: true,
      })
      .map((value) => JSON.parse(JSON.stringify(value)) as unknown);
    const urls = ['/api/v1/units/u1/posts', '/api/v1/samples/s1:echo', '/api/v1/samples:echo', '/api/v1/grants'];
    await fc.assert(
      fc.asyncProperty(fc.oneof(hostile, fc.jsonValue()), fc.constantFrom(...urls), async (body, url) => {
        api.calls.length = 0;
        const taken = await api.send('POST', url, { body }).then(
          () => true,
          () => false,
        );
        if (!taken) await violationsOf(api.send('POST', url, { body }));
        expect(api.calls).toHaveLength(taken ? 1 : 0);
        expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before);
      }),
      { numRuns: 1000 },
    );
  });

  test('a hostile query likewise', async () => {
    const key = fc.oneof(
      fc.constantFrom('pageSize', 'pageToken', 'unitId', '__proto__', 'constructor', 'toString'),
      fc.string(),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(key, fc.string({ unit: 'binary' }))), async (entries) => {
        api.calls.length = 0;
        const url = `/api/v1/units/u1/posts?${new URLSearchParams(entries).toString()}`;
        const faults = await api.send('GET', url).then(
          () => [],
          () => violationsOf(api.send('GET', url)),
        );
        const wellKnown = entries.every(([name]) => name === 'pageToken' || name === 'pageSize');
        if (!wellKnown) expect(faults.length).toBeGreaterThan(0);
        expect(api.calls.length).toBe(faults.length > 0 ? 0 : 1);
      }),
      { numRuns: 500 },
    );
  });
});
