import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { readStatus, requestRestart, type StackStatus } from './control.ts';
import { tryLock } from './lock.ts';
import { localDir, stackPaths } from './paths.ts';
import { livingPid } from './pid-file.ts';
import { portBlock, portsOf, type Ports } from './ports.ts';
import { holderOf, signalGroup } from './process-table.ts';
import { install, servers } from './servers.ts';
import type { ServerName } from './servers/server.ts';
import { launchSupervisor, stopStack, supervisorPid, waitUntilReady, wipe } from './stack.ts';
import { serverEnv } from './stack-specs.ts';

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
  ports: Ports;
  /** Everything the stack writes: data, logs, secrets. */
  dir: string;
  /** MONGO_URL, KAFKA_BROKERS, KEYCLOAK_URL and PORTAL_TEST_SECRETS of this stack. */
  env: Record<string, string>;
  process: (name: string) => StackProcess;
  status: () => Promise<StackStatus | undefined>;
  stop: () => Promise<void>;
}

export interface TestStackOptions {
  /** With the services and the demo data; needs all servers. */
  services?: boolean;
  /** All by default. */
  servers?: readonly ServerName[];
  log?: (line: string) => void;
}

const firstBasePort = 18_080;

/**
 * Starts an empty stack on ports of its own and resolves when all of it is ready. It ends with `stop`, or by itself
 * when this process ends in whatever way. Throws the reason when a process does not get ready.
 */
export async function startStack(options: TestStackOptions = {}): Promise<Stack> {
  const { services = false, log = () => undefined } = options;
  const chosen = options.servers ?? servers.map(({ name }) => name);
  await install(log);
  const { base, dir, release } = await reserveBlock(log);
  try {
    const supervisor = launchSupervisor({ base, dir, servers: chosen, services }, true);
    await waitUntilReady(dir, supervisor, () => undefined);
  } catch (error) {
    release();
    throw error;
  }
  const { socket, secrets } = stackPaths(dir);
  const ports = portsOf(base);
  return {
    ports,
    dir,
    env: { ...serverEnv(ports), PORTAL_TEST_SECRETS: secrets },
    process: (name) => processHandle(dir, name),
    status: () => readStatus(socket),
    stop: async () => {
      await stopStack(dir);
      release();
    },
  };
}

/**
 * The first block of ports that nobody uses, held by a lock as long as this process lives, and its emptied folder.
 * Blocks are the machine's, so is the lock: tests run side by side, also those of other checkouts.
 */
export async function reserveBlock(
  log: (line: string) => void,
): Promise<{ base: number; dir: string; release: () => void }> {
  for (let base = firstBasePort; base < 60_000; base += portBlock) {
    const dir = join(localDir, `test-${base}`);
    const release = tryLock(join(tmpdir(), `portal-ports-${base}.lock`));
    if (release === undefined) continue;
    if (supervisorPid(dir) === undefined) {
      await wipe(dir, log); // what a killed run left there still holds ports
      const holders = await Promise.all([...new Set(Object.values(portsOf(base)))].map(holderOf));
      if (holders.every((holder) => holder === undefined)) return { base, dir, release };
    }
    release();
  }
  throw new Error(`no block of ${portBlock} ports is free from ${firstBasePort} on`);
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
