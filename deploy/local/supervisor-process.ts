import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { serveControl, type StackStatus } from './control.ts';
import { tryLock } from './lock.ts';
import { stackPaths } from './paths.ts';
import type { ProcessSpec } from './process-spec.ts';
import { createSupervisor, type Supervisor } from './supervisor.ts';

export interface SupervisorProcessOptions {
  base: number;
  dir: string;
  /** What to run; may install first. */
  specs: (log: (line: string) => void) => Promise<ProcessSpec[]>;
  /** Stop everything when standard input closes: its other end is held by the owner, however that ends. */
  owned: boolean;
}

/** How long whoever started a stack that failed may ask why. */
const failureShownMs = 10_000;

/** Makes this process the supervisor of the stack in `dir`: until a signal, a stop by the control socket, or a failure. */
export async function superviseStack({ base, dir, specs, owned }: SupervisorProcessOptions): Promise<void> {
  const { socket, run, logs } = stackPaths(dir);
  const log = (line: string) => void process.stdout.write(`${new Date().toISOString()} ${line}\n`);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const release = tryLock(join(dir, 'supervisor.lock'));
  if (release === undefined) {
    log('another supervisor runs this stack');
    process.exit(3);
  }

  let supervisor: Supervisor | undefined;
  let phase: StackStatus['phase'] = 'starting';
  let failure: string | undefined;
  let stopped: Promise<string[]> | undefined;

  const exit = () => {
    rmSync(socket, { force: true });
    release();
    process.exit(failure === undefined ? 0 : 1);
  };
  const stop = (): Promise<string[]> => {
    if (phase !== 'failed') phase = 'stopping';
    stopped ??= (supervisor?.stop() ?? Promise.resolve([])).finally(() => {
      log('stopped');
      setTimeout(exit, 50); // the answer to whoever asked goes first
    });
    return stopped;
  };
  const fail = (error: unknown): void => {
    phase = 'failed';
    failure = error instanceof Error ? error.message : String(error);
    log(`failed: ${failure}`);
  };

  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => void stop());
  process.on('uncaughtException', (error) => {
    log(error.stack ?? error.message);
    fail(error);
    void stop();
  });
  if (owned) {
    const ownerEnded = () => void stop();
    process.stdin.once('end', ownerEnded).once('error', ownerEnded).resume();
  }

  const status = (): StackStatus => ({
    base,
    pid: process.pid,
    phase,
    ...(failure !== undefined && { error: failure }),
    processes: supervisor?.status() ?? [],
  });
  const restart = async (name: string) => {
    if (supervisor === undefined) throw new Error('the stack is still being installed');
    log(`restart of ${name} asked for`);
    await supervisor.restart(name);
  };
  await serveControl(socket, { status, stop, restart });
  try {
    supervisor = createSupervisor({ specs: await specs(log), folders: { run, logs }, log });
    if (stopped !== undefined) return;
    await supervisor.start();
    phase = 'ready';
    log('ready');
  } catch (error) {
    if (stopped !== undefined) return;
    fail(error);
    setTimeout(() => void stop(), failureShownMs);
  }
}
