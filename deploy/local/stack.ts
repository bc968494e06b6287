import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { readStatus, requestRestart, requestStop, type StackStatus } from './control.ts';
import { localDir, root, stackPaths } from './paths.ts';
import { livingPid, reapOrphans } from './pid-file.ts';
import { portBlock, portsOf, type Ports } from './ports.ts';
import { holderOf, signalGroup } from './process-table.ts';
import { install, servers } from './servers.ts';
import type { ServerName } from './servers/server.ts';
import { serverEnv, type StackOptions } from './stack-specs.ts';

export interface StackProcess {
  /** Of the living process; undefined between its end and its restart. */
  readonly pid: number | undefined;
  /** Resolves when the process has ended; the supervisor starts it again. */
  kill: (signal?: NodeJS.Signals) => Promise<void>;
  freeze: () => void;
  thaw: () => void;
  /** Ordered stop and start; resolves when ready. */
  restart: () => Promise<void>;
  waitReady: (limitMs?: number) => Promise<void>;
}

export interface Stack {
  /** Everything the stack writes: data, logs, secrets, sessions. */
  dir: string;
  ports: Ports;
  /** MONGO_URL, KAFKA_BROKERS, KEYCLOAK_URL and PORTAL_TEST_SECRETS of this stack. */
  env: Record<string, string>;
  process: (name: string) => StackProcess;
  status: () => Promise<StackStatus | undefined>;
  stop: () => Promise<void>;
}

/**
 * Starts a stack of one's own for tests and resolves when all of it is ready. It ends with `stop`, or by itself when
 * this process ends in whatever way. What an earlier run left in `dir` is wiped first.
 * Throws when a port is taken or a process does not get ready.
 */
export async function startStack(options: {
  base?: number;
  dir?: string;
  services?: boolean;
  servers?: readonly ServerName[];
  log?: (line: string) => void;
}): Promise<Stack> {
  const log = options.log ?? (() => undefined);
  const base = options.base ?? (await freeBasePort(18_080 + portBlock));
  const dir = options.dir ?? testStackDir(base);
  await wipe(dir, log);
  const chosen = options.servers ?? servers.map(({ name }) => name);
  await install(log);
  const supervisor = launchSupervisor({ base, dir, servers: chosen, services: options.services ?? false }, true);
  await waitUntilReady(dir, supervisor, () => undefined);
  return stackHandle(base, dir);
}

export function testStackDir(base: number): string {
  return join(localDir, `test-${base}`);
}

/** The first base port from `from` whose whole block is free and whose test folder no living stack uses. */
export async function freeBasePort(from: number): Promise<number> {
  for (let base = from; base < 60_000; base += portBlock) {
    if (livingPid(supervisorLock(testStackDir(base))) !== undefined) continue;
    const holders = await Promise.all([...new Set(Object.values(portsOf(base)))].map(holderOf));
    if (holders.every((holder) => holder === undefined)) return base;
  }
  throw new Error(`no block of ${portBlock} ports is free from ${from} on`);
}

/** Pid of the stack's living supervisor. */
export function supervisorPid(dir: string): number | undefined {
  return livingPid(supervisorLock(dir));
}

/** Ends what a killed supervisor left of the stack, then removes its folder. Throws while its supervisor lives. */
export async function wipe(dir: string, log: (line: string) => void): Promise<void> {
  const pid = supervisorPid(dir);
  if (pid !== undefined) throw new Error(`the stack in ${dir} is running (supervisor ${pid})`);
  await reapOrphans(stackPaths(dir).run, log);
  rmSync(dir, { recursive: true, force: true });
}

/** Starts the supervisor of a stack as a process of its own; `owned`: it stops everything when this process ends. */
export function launchSupervisor(options: StackOptions, owned: boolean): ChildProcess {
  const { logs } = stackPaths(options.dir);
  mkdirSync(options.dir, { recursive: true, mode: 0o700 });
  mkdirSync(logs, { recursive: true });
  const output = openSync(join(logs, 'supervisor.log'), 'a');
  try {
    const program = join(import.meta.dirname, 'supervise.ts');
    const env = { ...process.env, NODE_OPTIONS: '' };
    const args = [program, JSON.stringify(options), ...(owned ? ['owned'] : [])];
    const child = spawn(process.execPath, args, {
      cwd: root,
      env,
      stdio: [owned ? 'pipe' : 'ignore', output, output],
      detached: true,
    });
    child.unref();
    (child.stdin as unknown as { unref: () => void } | null)?.unref(); // must not keep the owner from ending
    return child;
  } finally {
    closeSync(output);
  }
}

/**
 * Resolves when the whole stack is ready; `onStatus` sees every status on the way. After a failure everything is
 * stopped; throws the reason.
 */
export async function waitUntilReady(
  dir: string,
  supervisor: ChildProcess | undefined,
  onStatus: (status: StackStatus) => void,
): Promise<StackStatus> {
  const { socket, logs } = stackPaths(dir);
  for (;;) {
    const status = await readStatus(socket);
    if (status === undefined) {
      const ended = supervisor === undefined ? supervisorPid(dir) === undefined : hasEnded(supervisor);
      if (ended) throw new Error(`the supervisor ended; the end of its log:\n${tail(join(logs, 'supervisor.log'))}`);
    } else {
      onStatus(status);
      if (status.phase === 'ready') return status;
      if (status.phase === 'stopping') throw new Error('the stack is being stopped');
      if (status.phase === 'failed') {
        await stopStack(dir);
        throw new Error(status.error);
      }
    }
    await delay(100);
  }
}

function stackHandle(base: number, dir: string): Stack {
  const { socket, secrets } = stackPaths(dir);
  const ports = portsOf(base);
  return {
    dir,
    ports,
    env: { ...serverEnv(ports), PORTAL_TEST_SECRETS: secrets },
    process: (name) => processHandle(dir, name),
    status: () => readStatus(socket),
    stop: async () => {
      await stopStack(dir);
    },
  };
}

/** Resolves when all processes and the supervisor have ended, to the names of those that had to be killed. */
export async function stopStack(dir: string): Promise<string[]> {
  const { socket } = stackPaths(dir);
  const killed = (await readStatus(socket)) === undefined ? [] : await requestStop(socket);
  while (supervisorPid(dir) !== undefined) await delay(20);
  return killed;
}

function processHandle(dir: string, name: string): StackProcess {
  const { socket, run } = stackPaths(dir);
  const pid = () => livingPid(join(run, `${name}.pid`));
  const signal = (what: NodeJS.Signals): number => {
    const target = pid();
    if (target === undefined || !signalGroup(target, what)) throw new Error(`${name} is not running`);
    return target;
  };
  return {
    get pid() {
      return pid();
    },
    kill: async (what = 'SIGKILL') => {
      const target = signal(what);
      while (pid() === target) await delay(10);
    },
    freeze: () => void signal('SIGSTOP'),
    thaw: () => void signal('SIGCONT'),
    restart: () => requestRestart(socket, name),
    waitReady: async (limitMs = 60_000) => {
      const end = performance.now() + limitMs;
      for (;;) {
        const found = (await readStatus(socket))?.processes.find((status) => status.name === name);
        if (found?.state === 'ready' && found.pid !== undefined && found.pid === pid()) return;
        if (performance.now() > end)
          throw new Error(`${name} is not ready after ${limitMs} ms: ${JSON.stringify(found)}`);
        await delay(50);
      }
    },
  };
}

function supervisorLock(dir: string): string {
  return join(dir, 'supervisor.lock');
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function tail(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8').trimEnd().split('\n').slice(-15).join('\n') : '';
}
