import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { readStatus, requestStop, type StackStatus } from './control.ts';
import { root, stackPaths } from './paths.ts';
import { livingPid, reapOrphans } from './pid-file.ts';
import type { StackOptions } from './stack-specs.ts';

/** Pid of the stack's living supervisor. */
export function supervisorPid(dir: string): number | undefined {
  return livingPid(join(dir, 'supervisor.lock'));
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
    const args = [program, JSON.stringify(options), ...(owned ? ['owned'] : [])];
    const child = spawn(process.execPath, args, {
      cwd: root,
      env: { ...process.env, NODE_OPTIONS: '' },
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

/** Resolves when all processes and the supervisor have ended, to the names of those that had to be killed. */
export async function stopStack(dir: string): Promise<string[]> {
  const { socket } = stackPaths(dir);
  let killed: string[] = [];
  const pid = supervisorPid(dir);
  if ((await readStatus(socket)) !== undefined) killed = await requestStop(socket);
  else if (pid !== undefined) process.kill(pid); // it does not listen yet, or not any more
  while (supervisorPid(dir) !== undefined) await delay(20);
  return killed;
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function tail(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8').trimEnd().split('\n').slice(-15).join('\n') : '';
}
