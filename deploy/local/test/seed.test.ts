import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createApi } from '../seed-api.ts';
import type { Api } from '../seed-api.ts';
import { seedUnits } from '../seed-data.ts';
import type { SeedUnit } from '../seed-data.ts';
import { seed } from '../seed.ts';
import { startStack } from '../test-stack.ts';
import type { Stack } from '../test-stack.ts';
import { createDemoTokens } from '../token.ts';
import { startFaultyProxy } from './faulty-proxy.ts';

let stack: Stack;
let dir: string;
let operator: Api;

const as = (username: string): Api => {
  const tokenOf = createDemoTokens(dir, stack.ports);
  const { gateway: port } = stack.ports;
  return createApi({ port, host: 'quantri.hcm.localhost', token: () => tokenOf(username), patienceMs: 5_000 });
};

beforeAll(async () => {
  stack = await startStack({ services: true });
  dir = dirname(stack.env['PORTAL_TEST_SECRETS'] ?? '');
  operator = as('operator');
}, 180_000);

afterAll(() => stack.stop(), 60_000);

/** Everything there is of a unit, as the REST API tells it. */
async function findAll(parentId: string, { officialName, rootAdmin }: SeedUnit) {
  const { units } = await operator<{ units: Array<{ unitId: string; officialName: string }> }>(
    'GET',
    `/api/v1/units?parentId=${parentId}&pageSize=200`,
  );
  const [unit, ...more] = units.filter((found) => found.officialName === officialName);
  if (unit === undefined || more.length > 0) throw new Error(`${officialName} is there ${units.length} times`);
  const path = `/api/v1/units/${unit.unitId}`;
  const { site } = await operator<{ site: { state: string } }>('GET', `${path}/site`);
  const { domainBindings } = await operator<{ domainBindings: Array<{ host: string }> }>('GET', `${path}/hosts`);
  const { grants } = await operator<{ grants: Array<{ username: string; role: string }> }>('GET', `${path}/grants`);
  const { posts } = await as(rootAdmin)<{ posts: Array<{ title: string; state: string }> }>('GET', `${path}/posts`);
  return {
    unitId: unit.unitId,
    all: {
      site: site.state,
      hosts: domainBindings.map(({ host }) => host),
      grants: grants.map(({ username, role }) => `${username} ${role}`).sort(),
      posts: posts.map(({ title, state }) => `${title} ${state}`).sort(),
    },
  };
}

function expected({ host, rootAdmin, grants, posts }: SeedUnit) {
  return {
    site: 'SITE_STATE_LIVE',
    hosts: [host],
    grants: [`${rootAdmin} ROLE_ROOT_ADMIN`, ...grants.map(({ username, role }) => `${username} ${role}`)].sort(),
    posts: posts.map(({ title }) => `${title} POST_STATE_PUBLISHED`).sort(),
  };
}

async function expectAll(units: readonly SeedUnit[]): Promise<void> {
  let parentId = '';
  for (const unit of units) {
    const found = await findAll(parentId, unit);
    expect(found.all).toEqual(expected(unit));
    parentId = found.unitId;
  }
}

test('a new stack holds the demo data, live and published', async () => {
  await expectAll(seedUnits);
});

test('loaded once, it is never loaded again', async () => {
  const lines: string[] = [];
  const proxy = await startFaultyProxy(`http://127.0.0.1:${stack.ports.gateway}`, 0);
  const ports = { ...stack.ports, gateway: Number(new URL(proxy.url).port) };
  await seed({ dir, ports, log: (line) => lines.push(line) });
  expect(proxy.changes()).toBe(0);
  await proxy.close();
  expect(lines).toEqual([]);
});

test('killed after any step, the next load goes on and does nothing twice', async () => {
  const units: SeedUnit[] = [
    {
      typeCode: 'PGD',
      officialName: 'Phòng Giáo dục và Đào tạo Thử nghiệm',
      shortName: '',
      host: 'thunghiem.hcm.localhost',
      rootAdmin: 'root.sogddt',
      grants: [],
      posts: [],
    },
    {
      typeCode: 'TH',
      officialName: 'Trường Tiểu học Thử nghiệm',
      shortName: '',
      host: 'ththunghiem.thunghiem.hcm.localhost',
      rootAdmin: 'root.cangio',
      grants: [{ username: 'bientap.thbinhkhanh', role: 'ROLE_EDITOR' }],
      posts: [
        { title: 'Bài thứ nhất', body: 'Nội dung.' },
        { title: 'Bài thứ hai', body: 'Nội dung.' },
      ],
    },
  ];
  await rm(join(dir, 'seeded.json'));
  let kills = 0;
  for (let finished = false; !finished;) {
    const proxy = await startFaultyProxy(`http://127.0.0.1:${stack.ports.gateway}`, 1);
    const ports = { ...stack.ports, gateway: Number(new URL(proxy.url).port) };
    finished = await seed({ dir, ports, units, log: () => undefined, patienceMs: 1_000 }).then(
      () => true,
      () => false,
    );
    await proxy.close();
    kills += finished ? 0 : 1;
    if (kills > 40) throw new Error('the load makes no progress');
  }
  expect(kills).toBeGreaterThanOrEqual(10);
  await expectAll(units);
}, 180_000);
