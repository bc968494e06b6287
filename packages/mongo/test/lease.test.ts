import { setImmediate as turn } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { createLease } from '../src/index.ts';
import type { Lease } from '../src/index.ts';
import { closeAll, newMongo, randomName } from './_mongo.ts';

const mongo = newMongo();
createLease({ mongo, name: 'x', owner: 'x', ttlMs: 1 });
beforeAll(() => mongo.start());
afterAll(closeAll);
afterEach(() => jest.restoreAllMocks());

const pair = (ttlMs: number): [Lease, Lease, string] => {
  const name = randomName('lease');
  const of = (owner: string) => createLease({ mongo, name, owner, ttlMs });
  return [of('first'), of('second'), name];
};
const expire = (name: string) =>
  mongo.connection.collection('leases').updateOne({ _id: name as never }, { $set: { until: new Date(0) } });

test('of two owners one has it, until it is given up', async () => {
  const [first, second] = pair(60_000);
  expect(await first.acquire()).toBe(true);
  expect(await second.acquire()).toBe(false);
  expect(second.remainingMs()).toBe(0);
  expect(first.remainingMs()).toBeGreaterThan(50_000);
  expect(first.remainingMs()).toBeLessThanOrEqual(60_000);
  await first.release();
  expect(first.remainingMs()).toBe(0);
  expect(await second.acquire()).toBe(true);
  expect(await first.acquire()).toBe(false);
});

test('of many that ask at once exactly one gets it', async () => {
  const name = randomName('lease');
  const owners = Array.from({ length: 8 }, (_, index) =>
    createLease({ mongo, name, owner: `o${index}`, ttlMs: 60_000 }),
  );
  const results = await Promise.all(owners.map((owner) => owner.acquire()));
  expect(results.filter(Boolean)).toHaveLength(1);
});

test('one that ran out goes to the next who asks, and the first learns that it lost it', async () => {
  const [first, second, name] = pair(60_000);
  await first.acquire();
  await expire(name);
  expect(await second.acquire()).toBe(true);
  expect(await first.renew()).toBe(false);
  expect(first.remainingMs()).toBe(0);
});

test('one that was lost and won back is not "still mine"', async () => {
  const [first, second] = pair(60_000);
  const [again] = [first];
  await first.acquire();
  await first.release();
  await second.acquire();
  await second.release();
  expect(await again.renew()).toBe(false);
  expect(await again.acquire()).toBe(true);
  expect(await again.renew()).toBe(true);
});

test('one that ran out but was taken by nobody is prolonged', async () => {
  const [first, , name] = pair(60_000);
  await first.acquire();
  await expire(name);
  expect(await first.renew()).toBe(true);
});

test('what remains ends by itself', async () => {
  const [first] = pair(1);
  await first.acquire();
  const end = performance.now() + 1_000;
  while (first.remainingMs() > 0 && performance.now() < end) await turn();
  expect(first.remainingMs()).toBe(0);
});

test.each([3_600_000, -3_600_000])('a jump of the clock of this host by %d ms changes nothing', async (jump) => {
  const [first, second] = pair(60_000);
  await first.acquire();
  const realNow = Date.now.bind(Date);
  jest.spyOn(Date, 'now').mockImplementation(() => realNow() + jump);
  expect(first.remainingMs()).toBeGreaterThan(50_000);
  expect(await second.acquire()).toBe(false);
  expect(await first.renew()).toBe(true);
});

test('giving up what another holds leaves it to the other', async () => {
  const [first, second, name] = pair(60_000);
  await first.acquire();
  await expire(name);
  await second.acquire();
  await first.release();
  expect(await second.renew()).toBe(true);
});
