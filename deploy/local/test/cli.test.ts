import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { eventually } from '@portal/testkit';
import { readStatus } from '../control.ts';
import { stackPaths } from '../paths.ts';
import { demoPeople } from '../people.ts';
import { portsOf, type Ports } from '../ports.ts';
import { holderOf, startOf } from '../process-table.ts';
import { loadSecrets } from '../secrets.ts';
import { createApi, type Api } from '../seed-api.ts';
import { seedUnits } from '../seed-data.ts';
import { supervisorPid } from '../stack.ts';
import { reserveBlock } from '../test-stack.ts';
import { createDemoTokens } from '../token.ts';

// One stack; the tests are steps of its life, in this order.
const program = join(import.meta.dirname, '../cli.ts');
const upLimitMs = 120_000;
let localDir: string;
let dir: string;
let ports: Ports;
let env: NodeJS.ProcessEnv;
let guard: ChildProcess;
let release: () => void;

beforeAll(async () => {
  const block = await reserveBlock(() => undefined);
  release = block.release;
  localDir = block.dir;
  dir = join(localDir, 'dev');
  ports = portsOf(block.base);
  env = { ...process.env, NODE_OPTIONS: '', PORTAL_LOCAL_DIR: localDir, PORTAL_BASE_PORT: String(block.base) };
  // `up` is meant to outlive its terminal; this one must not outlive the tests, however they end.
  const whenTestsEnd = 'cat > /dev/null; exec "$0" "$1" clean';
  guard = spawn('sh', ['-c', whenTestsEnd, process.execPath, program], {
    env,
    detached: true,
    stdio: ['pipe', 'ignore', 'inherit'],
  });
});
afterAll(async () => {
  guard.stdin?.end();
  if (guard.exitCode === null) await once(guard, 'exit');
  release();
}, 60_000);

interface Run {
  child: ChildProcess;
  ended: Promise<{ code: number | null; output: string; ms: number }>;
}

function start(command: string): Run {
  const begun = performance.now();
  const child = spawn(process.execPath, [program, command], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = once(child, 'close').then(() => ({ code: child.exitCode, output, ms: performance.now() - begun }));
  return { child, ended };
}

async function run(command: string): Promise<string> {
  const { code, output } = await start(command).ended;
  if (code !== 0) throw new Error(`${command} ended with ${code}:\n${output}`);
  return output;
}

/** Pids by name of all that runs in the stack. */
async function pids(): Promise<Record<string, number>> {
  const processes = (await readStatus(stackPaths(dir).socket))?.processes ?? [];
  return Object.fromEntries(processes.flatMap(({ name, pid }) => (pid === undefined ? [] : [[name, pid]])));
}

const living = (of: Record<string, number>) => Object.values(of).filter((pid) => startOf(pid) !== undefined);

async function expectNothingRuns(before: Record<string, number>): Promise<void> {
  expect(living(before)).toEqual([]);
  expect(supervisorPid(dir)).toBeUndefined();
  const holders = await Promise.all([...new Set(Object.values(ports))].map(holderOf));
  expect(holders.filter((holder) => holder !== undefined)).toEqual([]);
}

const as = (username: string): Api => {
  const tokenOf = createDemoTokens(dir, ports);
  const token = () => tokenOf(username);
  return createApi({ port: ports.gateway, host: 'quantri.hcm.localhost', token, patienceMs: 5_000 });
};

const school = seedUnits.at(-1);
const rootAdmin = school?.rootAdmin ?? '';
let schoolId: string;

/** Ids of the units down to the school, and of the school's posts. */
async function content(): Promise<{ units: string[]; posts: string[] }> {
  const operator = as('operator');
  const unitIds: string[] = [];
  for (const _ of seedUnits) {
    const path = `/api/v1/units?parentId=${unitIds.at(-1) ?? ''}`;
    const { units } = await operator<{ units: Array<{ unitId: string }> }>('GET', path);
    unitIds.push(...units.map(({ unitId }) => unitId));
  }
  schoolId = unitIds.at(-1) ?? '';
  const { posts } = await as(rootAdmin)<{ posts: Array<{ postId: string }> }>('GET', `/api/v1/units/${schoolId}/posts`);
  return { units: unitIds, posts: posts.map(({ postId }) => postId).sort() };
}

const linesOfSeed = () => readFileSync(join(dir, 'logs/seed.log'), 'utf8').match(/seed: /g)?.length ?? 0;

test('up refuses a taken port, names its holder and leaves nothing running', async () => {
  const holder = createServer().listen(ports.mongo, '127.0.0.1');
  await once(holder, 'listening');
  const { code, output } = await start('up').ended;
  holder.close();
  await once(holder, 'close');
  expect(code).toBe(1);
  expect(output).toContain(`port ${ports.mongo} of mongo is taken by pid ${process.pid} (`);
  await expectNothingRuns({});
}, 30_000);

test('Ctrl-C in the middle of up leaves no process', async () => {
  const { child, ended } = start('up');
  const begun = await eventually(async () => {
    const found = await pids();
    return ['mongo', 'kafka', 'keycloak'].every((name) => name in found) && found;
  });
  child.kill('SIGINT');
  expect((await ended).code).toBe(130);
  await expectNothingRuns(begun);
}, 60_000);

test(
  'up gets everything ready, prints where it is and who may sign in',
  async () => {
    const output = await run('up');
    expect(output).toMatch(/\nup after \d+\.\d s\n/);
    expect(output).toContain(`http://thbinhkhanh.cangio.hcm.localhost:${ports.base}\n`);
    expect(output).toContain(`http://quantri.hcm.localhost:${ports.base}/api/v1\n`);
    expect(output).toContain(`http://localhost:${ports.keycloak}/admin `);
    expect(output).toContain(`password ${loadSecrets(dir).demoPassword}\n`);
    for (const { username, task } of demoPeople) expect(output).toMatch(new RegExp(`^ +${username} +${task}$`, 'm'));
    expect((await content()).posts).toHaveLength(school?.posts.length ?? 0);
  },
  upLimitMs,
);

test('up again changes nothing and is quick', async () => {
  const before = await pids();
  const { code, output, ms } = await start('up').ended;
  expect(code).toBe(0);
  expect(output).toMatch(/^already up\n/);
  expect(output).toContain(`http://quantri.hcm.localhost:${ports.base}/api/v1\n`);
  await expect(pids()).resolves.toEqual(before);
  expect(ms).toBeLessThan(5_000);
});

test(
  'data survives down and up, and the demo data is not loaded a second time',
  async () => {
    await as(rootAdmin)('POST', `/api/v1/units/${schoolId}/posts`, { title: 'Bài viết ở lại', body: 'Nội dung.' });
    const before = await content();
    const lines = linesOfSeed();
    const running = await pids();
    expect(await run('down')).toBe('down\n');
    await expectNothingRuns(running);
    await run('up');
    await expect(content()).resolves.toEqual(before);
    expect(lines).toBeGreaterThan(0);
    expect(linesOfSeed()).toBe(lines);
  },
  upLimitMs,
);

test(
  'after a kill -9 of the supervisor the next up ends what it left and gets ready with the same data',
  async () => {
    const before = await content();
    const left = await pids();
    const supervisor = supervisorPid(dir);
    process.kill(supervisor ?? 0, 'SIGKILL');
    await eventually(() => supervisorPid(dir) === undefined);
    expect(living(left)).toHaveLength(Object.keys(left).length);
    await run('up');
    expect(living(left)).toEqual([]);
    expect(supervisorPid(dir)).not.toBe(supervisor);
    await expect(content()).resolves.toEqual(before);
  },
  upLimitMs,
);

test('clean ends everything and wipes the folder', async () => {
  const running = await pids();
  expect(await run('clean')).toBe('clean\n');
  await expectNothingRuns(running);
  expect(existsSync(localDir)).toBe(false);
}, 30_000);
