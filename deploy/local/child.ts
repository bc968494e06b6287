import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, fstatSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { endGroup, removePidFile, runDirKey, writePidFile } from './pid-file.ts';
import type { ProcessSpec, ProcessState, ProcessStatus } from './process-spec.ts';
import { holderOf, signalGroup } from './process-table.ts';

export interface Timing {
  pollMs: number;
  /** Wait before the n-th restart in a row (from 0). */
  backOffMs: (restarts: number) => number;
  /** A process that was ready for so long is healthy again: its count of restarts returns to 0. */
  resetAfterMs: number;
}

export const defaultTiming: Timing = {
  pollMs: 100,
  backOffMs: (restarts) => Math.min(500 * 2 ** restarts, 10_000),
  resetAfterMs: 30_000,
};

export interface ChildFolders {
  logs: string;
  /** One pid file per living child. */
  run: string;
}

export interface Child {
  spec: ProcessSpec;
  /** Resolves when ready (tasks: done); rejects with the reason and the end of its log. */
  start: () => Promise<void>;
  /** Ends it and all its descendants in the group; true when it had to be killed. */
  stop: () => Promise<boolean>;
  status: () => ProcessStatus;
}

/** One supervised process: started on demand, restarted whenever it ends after having been ready. */
export function createChild(
  spec: ProcessSpec,
  folders: ChildFolders,
  log: (line: string) => void,
  timing: Timing = defaultTiming,
): Child {
  const pidFile = join(folders.run, `${spec.name}.pid`);
  const logFile = join(folders.logs, `${spec.name}.log`);
  let state: ProcessState = 'waiting';
  let running: { process: ChildProcess; pid: number; ended: Promise<string> } | undefined;
  let restarts = 0;
  let readyMs: number | undefined;
  let lastExit: string | undefined;
  let logStart = 0; // where the current run's part of the log begins
  let epoch = 0; // raised by every start and stop: whoever began in an earlier one has no say any more
  let backOff: NodeJS.Timeout | undefined;
  let reset: NodeJS.Timeout | undefined;

  async function start(): Promise<void> {
    restarts = 0;
    await run(++epoch);
  }

  async function run(mine: number): Promise<void> {
    const begun = performance.now();
    state = 'starting';
    readyMs = undefined;
    try {
      for (const port of spec.ports) {
        const holder = await holderOf(port);
        if (holder !== undefined) throw new Error(`port ${port} is taken by ${holder}`);
      }
      if (mine !== epoch) throw new Error('stopped');
      spec.prepare?.();
      const { ended } = launch();
      await (spec.kind === 'task' ? finish(ended) : becomeReady(ended, begun));
      if (mine !== epoch) throw new Error('stopped');
    } catch (error) {
      if (mine === epoch) state = 'failed';
      throw new Error(`${spec.name}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
    readyMs = Math.round(performance.now() - begun);
    state = spec.kind === 'task' ? 'done' : 'ready';
    if (spec.kind !== 'task') watch(mine);
  }

  function launch(): { ended: Promise<string> } {
    mkdirSync(folders.logs, { recursive: true });
    const output = openSync(logFile, 'a');
    logStart = fstatSync(output).size;
    const [program, ...args] = spec.command;
    try {
      const child = spawn(program, args, {
        cwd: spec.cwd,
        env: { ...spec.env, [runDirKey]: folders.run },
        stdio: ['ignore', output, output],
        detached: true, // a group of its own: Ctrl-C of the terminal does not reach it, signals to the group reach its children
      });
      const { pid } = child;
      const ended = new Promise<string>((resolve) => {
        child.once('error', (error) => resolve(error.message));
        child.once('exit', (code, signal) => resolve(signal ?? `exit ${code}`));
      });
      if (pid === undefined) return { ended };
      writePidFile(pidFile, pid, spec.graceMs);
      running = { process: child, pid, ended };
      void ended.then((how) => {
        lastExit = how;
        signalGroup(pid, 'SIGKILL'); // descendants must not outlive it
        running = undefined;
        removePidFile(pidFile);
      });
      return { ended };
    } finally {
      closeSync(output);
    }
  }

  async function finish(ended: Promise<string>): Promise<void> {
    const how = await withLimit(ended, spec.readyWithinMs);
    if (how === 'exit 0') return;
    if (how === undefined) await end();
    throw new Error(`${how ?? `not done after ${spec.readyWithinMs / 1000} s`}${logTail()}`);
  }

  async function becomeReady(ended: Promise<string>, begun: number): Promise<void> {
    const limit = begun + spec.readyWithinMs;
    for (;;) {
      const ready = (await spec.ready?.()) ?? true;
      // asked after the probe: a foreign server answering for a dead child is no readiness
      const how = await withLimit(ended, ready ? 0 : timing.pollMs);
      if (how !== undefined) throw new Error(`ended before it was ready: ${how}${logTail()}`);
      if (ready) return;
      if (performance.now() > limit) {
        await end();
        throw new Error(`not ready after ${spec.readyWithinMs / 1000} s${logTail()}`);
      }
    }
  }

  function watch(mine: number): void {
    reset = setTimeout(() => (restarts = 0), timing.resetAfterMs);
    void (running?.ended ?? Promise.resolve(lastExit)).then((how) => {
      clearTimeout(reset);
      if (mine !== epoch) return;
      log(`${spec.name} ended: ${how}`);
      restartLater(mine);
    });
  }

  function restartLater(mine: number): void {
    const waitMs = timing.backOffMs(restarts);
    restarts += 1;
    state = 'backing-off';
    log(`${spec.name} restarts in ${waitMs} ms (restart ${restarts})`);
    backOff = setTimeout(() => {
      run(mine).then(
        () => log(`${spec.name} is ready again after ${readyMs} ms`),
        (error: unknown) => {
          if (mine !== epoch) return;
          log((error as Error).message);
          restartLater(mine);
        },
      );
    }, waitMs);
  }

  async function stop(): Promise<boolean> {
    epoch += 1;
    clearTimeout(backOff);
    clearTimeout(reset);
    if (running !== undefined) state = 'stopping';
    const killed = await end();
    if (state !== 'failed' && state !== 'done') state = 'stopped';
    return killed;
  }

  async function end(): Promise<boolean> {
    const current = running;
    if (current === undefined) return false;
    const killed = await endGroup(current.pid, () => running !== current, spec.graceMs);
    if (killed) log(`${spec.name} did not end within ${spec.graceMs / 1000} s and was killed`);
    return killed;
  }

  function logTail(): string {
    try {
      const lines = readFileSync(logFile).subarray(logStart).toString().trimEnd().split('\n').slice(-15);
      return `\n  last lines of ${logFile}:\n${lines.map((line) => `  | ${line.slice(0, 1_000)}`).join('\n')}`;
    } catch {
      return '';
    }
  }

  function status(): ProcessStatus {
    return {
      name: spec.name,
      kind: spec.kind,
      state,
      address: spec.address,
      restarts,
      ...(running !== undefined && { pid: running.pid }),
      ...(readyMs !== undefined && { readyMs }),
      ...(lastExit !== undefined && { lastExit }),
    };
  }

  return { spec, start, stop, status };
}

/** The promise's value, or undefined after `limitMs`. */
async function withLimit<T>(promise: Promise<T>, limitMs: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), limitMs);
  });
  try {
    return await Promise.race([promise, limit]);
  } finally {
    clearTimeout(timer);
  }
}
