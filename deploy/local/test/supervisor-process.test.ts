import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '@portal/testkit';
import { readStatus, requestRestart, requestStop } from '../control.ts';
import { tryLock } from '../lock.ts';
import { stackPaths } from '../paths.ts';
import { livingPid, reapOrphans, writePidFile } from '../pid-file.ts';
import { startOf } from '../process-table.ts';
import { createScripts, type Scripts } from './scripts.ts';

let scripts: Scripts;
let started: ChildProcess[];

beforeEach(() => {
  scripts = createScripts();
  started = [];
});
afterEach(async () => {
  for (const child of started) child.kill('SIGKILL');
  await reapOrphans(scripts.folders.run, () => undefined);
  scripts.remove();
});

function launch(mode = ''): ChildProcess {
  const args = [join(import.meta.dirname, 'tiny-supervisor.ts'), scripts.dir, mode];
  const child = spawn(process.execPath, args, { stdio: [mode === 'owned' ? 'pipe' : 'ignore', 'ignore', 'inherit'] });
  started.push(child);
  return child;
}

const socket = () => stackPaths(scripts.dir).socket;
const whenReady = () => eventually(async () => (await readStatus(socket()))?.phase === 'ready');
const ended = (child: ChildProcess) => eventually(() => child.exitCode !== null || child.signalCode !== null);
/** Pids of every process that any supervisor of this folder has started. */
const allPids = () => scripts.reports().flatMap((word) => Number(/-pid-(\d+)$/.exec(word)?.[1] ?? []));
const strays = () => allPids().filter((pid) => startOf(pid) !== undefined);

test('it reports, restarts and stops by its socket, and leaves nothing', async () => {
  const supervisor = launch();
  await whenReady();
  const before = await readStatus(socket());
  await requestRestart(socket(), 'service');
  const after = await readStatus(socket());
  expect(after?.processes.map(({ state }) => state)).toEqual(['ready', 'ready', 'ready']);
  expect(after?.processes[2]?.pid).not.toBe(before?.processes[2]?.pid);
  await expect(requestRestart(socket(), 'nobody')).rejects.toThrow('no process is called nobody');
  await expect(requestStop(socket())).resolves.toEqual(['stubborn']);
  await ended(supervisor);
  expect(strays()).toEqual([]);
  await expect(readStatus(socket())).resolves.toBeUndefined();
});

test('a second supervisor of the same stack gives way', async () => {
  launch();
  await whenReady();
  const second = launch();
  await ended(second);
  expect(second.exitCode).toBe(3);
  expect((await readStatus(socket()))?.phase).toBe('ready');
});

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s at any moment leaves no process', async (signal) => {
  for (let waitMs = 0; waitMs <= 360; waitMs += 40) {
    const supervisor = launch();
    await delay(waitMs); // the moment is what is varied here
    supervisor.kill(signal);
    await ended(supervisor);
    expect(strays()).toEqual([]);
  }
});

test('after the owner has ended, however it ended, everything ends', async () => {
  const supervisor = launch('owned');
  await whenReady();
  supervisor.stdin?.destroy(); // what the kernel does when the owner is killed
  await ended(supervisor);
  expect(strays()).toEqual([]);
});

test('the children of a killed supervisor are ended by the next one, whatever the moment', async () => {
  for (let waitMs = 80; waitMs <= 400; waitMs += 80) {
    const killed = launch();
    await delay(waitMs); // the moment is what is varied here
    killed.kill('SIGKILL');
    await ended(killed);
    const left = strays();
    const next = launch();
    await whenReady();
    for (const pid of left) expect(startOf(pid)).toBeUndefined();
    expect(strays()).toHaveLength(3);
    await requestStop(socket());
    await ended(next);
    expect(strays()).toEqual([]);
  }
});

test('a process that merely has the pid of an old child is left alone', async () => {
  mkdirSync(scripts.folders.run, { recursive: true });
  const file = join(scripts.folders.run, 'store.pid');
  const bystander = spawn('sleep', ['100'], { detached: true });
  started.push(bystander);
  writePidFile(file, bystander.pid ?? 0);
  expect(livingPid(file)).toBe(bystander.pid);
  const content = JSON.parse(readFileSync(file, 'utf8')) as { started: string };
  writeFileSync(file, JSON.stringify({ ...content, started: `${content.started}0` }));
  await expect(reapOrphans(scripts.folders.run, () => undefined)).resolves.toEqual([]);
  expect(startOf(bystander.pid ?? 0)).toBeDefined();
  expect(livingPid(file)).toBeUndefined();
});

test('a lock is free again once its holder has ended without releasing it', async () => {
  const path = join(scripts.dir, 'a.lock');
  const holder = spawn('sleep', ['100'], { detached: true });
  started.push(holder);
  writePidFile(path, holder.pid ?? 0);
  expect(tryLock(path)).toBeUndefined();
  holder.kill('SIGKILL');
  await ended(holder);
  const release = tryLock(path);
  expect(release).toBeDefined();
  expect(livingPid(path)).toBe(process.pid);
  release?.();
  expect(livingPid(path)).toBeUndefined();
});
