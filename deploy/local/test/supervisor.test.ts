import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { eventually } from '@portal/testkit';
import type { Timing } from '../child.ts';
import type { ProcessSpec, ProcessStatus } from '../process-spec.ts';
import { commandOf, signalGroup, startOf } from '../process-table.ts';
import { createSupervisor, type Supervisor } from '../supervisor.ts';
import { createScripts, type Scripts } from './scripts.ts';

const quick: Timing = { pollMs: 5, backOffMs: () => 10, resetAfterMs: 60_000 };

let scripts: Scripts;
let supervisors: Supervisor[];
let logged: string[];

beforeEach(() => {
  scripts = createScripts();
  supervisors = [];
  logged = [];
});
afterEach(async () => {
  await Promise.all(supervisors.map((supervisor) => supervisor.stop()));
  scripts.remove();
});

function supervise(specs: ProcessSpec[], timing: Partial<Timing> = {}): Supervisor {
  const log = (line: string) => void logged.push(line);
  const supervisor = createSupervisor({ specs, folders: scripts.folders, log, timing: { ...quick, ...timing } });
  supervisors.push(supervisor);
  return supervisor;
}

function statusOf(supervisor: Supervisor, name: string): ProcessStatus {
  const status = supervisor.status().find((found) => found.name === name);
  if (status === undefined) throw new Error(`no process ${name}`);
  return status;
}

function pidOf(supervisor: Supervisor, name: string): number {
  const { pid } = statusOf(supervisor, name);
  if (pid === undefined) throw new Error(`${name} is not running`);
  return pid;
}

describe('start', () => {
  test('a process starts only when all that it needs are ready, a task only counts when done', async () => {
    const { spec } = scripts;
    const supervisor = supervise([
      spec('service', 'stay', { needs: ['store', 'realm'] }),
      spec('realm', 'sleep 0.1; report realm-done', { kind: 'task', needs: ['login'] }),
      spec('login', 'report login-started; sleep 0.1; report login-ready; stay'),
      spec('store', 'report store-started; sleep 0.05; report store-ready; stay'),
    ]);
    await supervisor.start();
    const reports = scripts.reports();
    expect(reports.indexOf('realm-done')).toBeGreaterThan(reports.indexOf('login-ready'));
    expect(reports.indexOf('service-started')).toBeGreaterThan(reports.indexOf('realm-done'));
    expect(reports.indexOf('service-started')).toBeGreaterThan(reports.indexOf('store-ready'));
    expect(supervisor.status().map(({ name, state }) => `${name} ${state}`)).toEqual([
      'store ready',
      'login ready',
      'realm done',
      'service ready',
    ]);
  });

  test('one that ends before it is ready stops the whole and is reported with the end of its own log', async () => {
    const supervisor = supervise([
      scripts.spec('store'),
      scripts.spec('broken', 'echo "no such disk" >&2; exit 7', { needs: ['store'] }),
      scripts.spec('after', 'stay', { needs: ['broken'] }),
    ]);
    await expect(supervisor.start()).rejects.toThrow(/broken: ended before it was ready: exit 7[\s\S]*\| no such disk/);
    expect(scripts.reports()).toEqual(['store-started', 'store-ended']);
  });

  test('one that never gets ready is ended after its limit and named', async () => {
    const supervisor = supervise([scripts.spec('slow', 'sleep 100', { readyWithinMs: 100 })]);
    await expect(supervisor.start()).rejects.toThrow('slow: not ready after 0.1 s');
  });

  test('a task that fails is a failure of the whole', async () => {
    const supervisor = supervise([scripts.spec('realm', 'exit 3', { kind: 'task' })]);
    await expect(supervisor.start()).rejects.toThrow('realm: exit 3');
  });

  test('a program that does not exist is named', async () => {
    const supervisor = supervise([scripts.spec('ghost', '', { command: ['/nowhere/at/all'] })]);
    await expect(supervisor.start()).rejects.toThrow('/nowhere/at/all');
  });

  test('a taken port is refused before anything starts, naming the port and its holder by pid and command', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => holder.once('listening', resolve));
    const { port } = holder.address() as AddressInfo;
    const supervisor = supervise([scripts.spec('first'), scripts.spec('second', 'stay', { ports: [port] })]);
    await expect(supervisor.start()).rejects.toThrow(
      `port ${port} of second is taken by pid ${process.pid} (${commandOf(process.pid)})`,
    );
    expect(scripts.reports()).toEqual([]);
    await new Promise((resolve) => holder.close(resolve));
  });

  test('an answer to the probe is no readiness when the child itself has ended', async () => {
    const foreign = () => Promise.resolve(true);
    const late = async () => {
      await eventually(() => statusOf(supervisor, 'dead').lastExit !== undefined);
      return foreign();
    };
    const supervisor = supervise([scripts.spec('dead', 'exit 1', { ready: late })]);
    await expect(supervisor.start()).rejects.toThrow('dead: ended before it was ready: exit 1');
  });
});

describe('restart', () => {
  test('one killed after it was ready comes back by itself, with a longer wait each time', async () => {
    const waits: number[] = [];
    const backOffMs = (restarts: number) => {
      waits.push(restarts);
      return 10;
    };
    const supervisor = supervise([scripts.spec('store')], { backOffMs });
    await supervisor.start();
    for (const restarts of [1, 2, 3]) {
      const pid = pidOf(supervisor, 'store');
      signalGroup(pid, 'SIGKILL');
      await eventually(() => {
        const status = statusOf(supervisor, 'store');
        return status.state === 'ready' && status.pid !== pid && status.restarts === restarts;
      });
    }
    expect(waits).toEqual([0, 1, 2]);
    expect(statusOf(supervisor, 'store').lastExit).toBe('SIGKILL');
  });

  test('the count of restarts returns to 0 once it has stayed ready', async () => {
    const supervisor = supervise([scripts.spec('store')], { resetAfterMs: 200 });
    await supervisor.start();
    signalGroup(pidOf(supervisor, 'store'), 'SIGKILL');
    await eventually(() => statusOf(supervisor, 'store').restarts === 1);
    await eventually(() => statusOf(supervisor, 'store').state === 'ready');
    await eventually(() => statusOf(supervisor, 'store').restarts === 0);
  });

  test('one that fails while coming back is tried again until it gets ready', async () => {
    const script = `report try; case $(grep -c try '${join(scripts.dir, 'reports')}') in 2|3) exit 1;; esac; stay`;
    const supervisor = supervise([scripts.spec('store', script)]);
    await supervisor.start();
    signalGroup(pidOf(supervisor, 'store'), 'SIGKILL');
    await eventually(() => {
      const { state, restarts } = statusOf(supervisor, 'store');
      return state === 'ready' && restarts === 3;
    });
  });

  test('a port that another process took meanwhile is named in the log, and the restart waits for it', async () => {
    const listener = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => listener.once('listening', resolve));
    const { port } = listener.address() as AddressInfo;
    await new Promise((resolve) => listener.close(resolve));
    const supervisor = supervise([scripts.spec('store', 'stay', { ports: [port] })], { backOffMs: () => 50 });
    await supervisor.start();
    const holder = createServer().listen(port, '127.0.0.1');
    await new Promise((resolve) => holder.once('listening', resolve));
    signalGroup(pidOf(supervisor, 'store'), 'SIGKILL');
    await eventually(() => logged.some((line) => line.includes(`port ${port} is taken by pid ${process.pid}`)));
    await new Promise((resolve) => holder.close(resolve));
    await eventually(() => statusOf(supervisor, 'store').state === 'ready');
  });

  test('an ordered restart gives a new process and counts as none', async () => {
    const supervisor = supervise([scripts.spec('store')]);
    await supervisor.start();
    const pid = pidOf(supervisor, 'store');
    await supervisor.restart('store');
    expect(pidOf(supervisor, 'store')).not.toBe(pid);
    expect(statusOf(supervisor, 'store')).toMatchObject({ state: 'ready', restarts: 0 });
    expect(scripts.reports()).toEqual(['store-started', 'store-ended', 'store-started']);
  });

  test('an unknown name is answered with the known ones', async () => {
    const supervisor = supervise([scripts.spec('store'), scripts.spec('log')]);
    await expect(supervisor.restart('stor')).rejects.toThrow('no process is called stor; there are store, log');
  });
});

describe('stop', () => {
  test('a process ends before those that it needs', async () => {
    const supervisor = supervise([
      scripts.spec('store'),
      scripts.spec('service', 'stay', { needs: ['store'] }),
      scripts.spec('edge', 'stay', { needs: ['service', 'store'] }),
    ]);
    await supervisor.start();
    await expect(supervisor.stop()).resolves.toEqual([]);
    expect(scripts.reports().slice(3)).toEqual(['edge-ended', 'service-ended', 'store-ended']);
  });

  test('one that ignores SIGTERM is killed after its grace and named', async () => {
    const deaf = scripts.spec('deaf', "trap '' TERM; ready; while :; do sleep 0.02; done", { graceMs: 100 });
    const supervisor = supervise([deaf, scripts.spec('store')]);
    await supervisor.start();
    const pid = pidOf(supervisor, 'deaf');
    await expect(supervisor.stop()).resolves.toEqual(['deaf']);
    expect(startOf(pid)).toBeUndefined();
  });

  test('a frozen process is thawed to end in order', async () => {
    const supervisor = supervise([scripts.spec('store')]);
    await supervisor.start();
    signalGroup(pidOf(supervisor, 'store'), 'SIGSTOP');
    await expect(supervisor.stop()).resolves.toEqual([]);
    expect(scripts.reports()).toEqual(['store-started', 'store-ended']);
  });

  test('descendants do not outlive their process', async () => {
    const script = `sh -c 'trap "" TERM; echo $$ > ${join(scripts.dir, 'inner')}; while :; do sleep 0.02; done' & stay`;
    const supervisor = supervise([scripts.spec('store', script)]);
    await supervisor.start();
    const inner = await eventually(() => Number(readFileSync(join(scripts.dir, 'inner'), 'utf8')) || undefined);
    await supervisor.stop();
    await eventually(() => startOf(inner) === undefined);
  });

  test('in the middle of the start it ends what runs and starts nothing more', async () => {
    const supervisor = supervise([
      scripts.spec('store'),
      scripts.spec('slow', 'report slow-started; sleep 100', { needs: ['store'] }),
      scripts.spec('after', 'stay', { needs: ['slow'] }),
    ]);
    const started = supervisor.start();
    started.catch(() => undefined);
    await eventually(() => scripts.reports().includes('slow-started'));
    await supervisor.stop();
    await expect(started).rejects.toThrow();
    expect(scripts.reports()).toEqual(['store-started', 'slow-started', 'store-ended']);
    expect(supervisor.status().every(({ pid }) => pid === undefined)).toBe(true);
  });

  test('one waiting for its restart stays down', async () => {
    const supervisor = supervise([scripts.spec('store')], { backOffMs: () => 60_000 });
    await supervisor.start();
    signalGroup(pidOf(supervisor, 'store'), 'SIGKILL');
    await eventually(() => statusOf(supervisor, 'store').state === 'backing-off');
    await supervisor.stop();
    expect(statusOf(supervisor, 'store')).toMatchObject({ state: 'stopped' });
  });
});

test('a stack whose run folder is unreadable rubbish still starts', async () => {
  mkdirSync(scripts.folders.run, { recursive: true });
  writeFileSync(join(scripts.folders.run, 'old.pid'), '{');
  await supervise([scripts.spec('store')]).start();
});
