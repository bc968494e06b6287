import fc from 'fast-check';
import { createAccessLog } from '../src/http/access-log.ts';
import type { AccessRecord } from '../src/http/access-log.ts';

const record: AccessRecord = {
  requestId: 'r-1',
  address: '203.113.1.2',
  method: 'GET',
  host: 'thbinhkhanh.localhost',
  unitId: 'u1',
  path: '/',
  status: 200,
  ms: 1.234,
  cache: 'hit',
  rpc: '',
  reason: '',
};

it('writes one line of JSON per request, whatever the host and path hold', async () => {
  const paths = fc.array(
    fc.oneof(fc.webPath(), fc.string(), fc.constantFrom('/"', '/\\', '/\n{"level":"fatal"}', '/\u2028')),
  );
  await fc.assert(
    fc.asyncProperty(paths, async (all) => {
      let out = '';
      const log = createAccessLog((lines) => (out += lines));
      for (const path of all) log.write({ ...record, path, host: path });
      await log.stop?.();
      const lines = out.split('\n');
      expect(lines.pop()).toBe('');
      const parsed = lines.map((line) => JSON.parse(line) as AccessRecord);
      expect(parsed.map(({ path }) => path)).toEqual(all.map((path) => path.slice(0, 256)));
    }),
  );
});

it('writes the fields under which other lines of the service are found', async () => {
  let out = '';
  const log = createAccessLog(
    (lines) => (out += lines),
    () => Date.UTC(2026, 8, 5, 0, 30, 1, 7),
  );
  log.write(record);
  await log.stop?.();
  expect(JSON.parse(out)).toEqual({
    ...{
      level: 'info',
      time: '2026-09-05T00:30:01.007Z',
      service: 'gateway',
      requestId: 'r-1',
      address: '203.113.1.2',
    },
    ...{ method: 'GET', host: 'thbinhkhanh.localhost', path: '/', status: 200, ms: 1.23, unit: 'u1', cache: 'hit' },
    msg: 'request',
  });
});

it('lets nobody forge a field or a line through the address of an API call', async () => {
  let out = '';
  const log = createAccessLog((lines) => (out += lines));
  const forged = 'u1","address":"10.0.0.1","status":500,"x":"\n{"';
  log.write({ ...record, unitId: forged });
  await log.stop?.();
  expect(out.trimEnd().split('\n')).toHaveLength(1);
  expect(JSON.parse(out)).toMatchObject({ address: '203.113.1.2', status: 200, unit: forged });
});
