// The supervisor's own process: `node supervise.ts '<StackOptions as JSON>' [owned]`. Output is its log.
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { serveControl, type StackStatus } from './control.ts';
import { tryLock } from './lock.ts';
import { stackPaths } from './paths.ts';
import { install } from './servers.ts';
import { stackSpecs, type StackOptions } from './stack-specs.ts';
import { createSupervisor, type Supervisor } from './supervisor.ts';

const options = JSON.parse(process.argv[2] ?? '') as StackOptions;
const owned = process.argv[3] === 'owned';
const paths = stackPaths(options.dir);
const log = (line: string) => process.stdout.write(`${new Date().toISOString()} ${line}\n`);

let supervisor: Supervisor | undefined;
let phase: StackStatus['phase'] = 'starting';
let failure: string | undefined;
let stopped: Promise<string[]> | undefined;

function stop(): Promise<string[]> {
  if (phase !== 'failed') phase = 'stopping';
  stopped ??= Promise.resolve(supervisor?.stop() ?? []).finally(() => {
    log('stopped');
    setTimeout(exit, 50); // after the answer to whoever asked
  });
  return stopped;
}

function exit(): never {
  rmSync(paths.socket, { force: true });
  release?.();
  process.exit(phase === 'failed' ? 1 : 0);
}

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => void stop());
process.on('uncaughtException', (error) => {
  log(`uncaught: ${error.stack ?? error.message}`);
  phase = 'failed';
  failure = error.message;
  void stop();
});
// The owner holds the other end of this pipe: it closes when the owner ends, however it ends.
if (owned) process.stdin.on('end', () => void stop()).on('error', () => void stop()).resume();

mkdirSync(paths.dir, { recursive: true, mode: 0o700 });
const release = tryLock(join(paths.dir, 'supervisor.lock'));
if (release === undefined) {
  log('another supervisor runs this stack');
  process.exit(3);
}
await serveControl(paths.socket, {
  status: () => ({
    base: options.base,
    pid: process.pid,
    phase,
    ...(failure !== undefined && { error: failure }),
    processes: supervisor?.status() ?? [],
  }),
  stop,
  restart: async (name) => {
    log(`restart of ${name} asked for`);
    await supervisor?.restart(name);
  },
});
try {
  const specs = stackSpecs(options, await install(log));
  supervisor = createSupervisor({ specs, folders: paths, log });
  if (stopped === undefined) {
    await supervisor.start();
    phase = 'ready';
    log('ready');
  }
} catch (error) {
  if (stopped === undefined) {
    phase = 'failed';
    failure = error instanceof Error ? error.message : String(error);
    log(`failed: ${failure}`);
    setTimeout(() => void stop(), 10_000); // whoever started it has so long to ask why
  }
}
