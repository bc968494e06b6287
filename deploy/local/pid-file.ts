import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { commandOf, pidsWithEnv, signalGroup, startOf } from './process-table.ts';

interface PidFile {
  pid: number;
  started: string;
  command: string;
  /** How long it may take to end by itself. */
  graceMs: number;
}

/**
 * In the environment of every child and what it starts. A supervisor killed between the start of a child and the writing
 * of its pid file leaves nothing else by which the child is known.
 */
export const runDirKey = 'PORTAL_RUN_DIR';

/** Remembers a living process by pid and start time, so that a reused pid is never taken for it. */
export function writePidFile(path: string, pid: number, graceMs = 0): void {
  mkdirSync(dirname(path), { recursive: true });
  const content: PidFile = { pid, started: startOf(pid) ?? '', command: commandOf(pid), graceMs };
  writeFileSync(`${path}.new`, JSON.stringify(content));
  renameSync(`${path}.new`, path);
}

/** The process the file speaks of, or undefined when it has ended (whoever has its pid today). */
export function livingPid(path: string): number | undefined {
  return readLiving(path)?.pid;
}

function readLiving(path: string): PidFile | undefined {
  try {
    const file = JSON.parse(readFileSync(path, 'utf8')) as PidFile;
    return file.started !== '' && startOf(file.pid) === file.started ? file : undefined;
  } catch {
    return undefined;
  }
}

export function removePidFile(path: string): void {
  rmSync(path, { force: true });
}

/**
 * Ends the process groups that a killed supervisor left behind in `dir`: SIGTERM, then SIGKILL after their grace.
 * Returns the names of those that were alive.
 */
export async function reapOrphans(dir: string, log: (line: string) => void): Promise<string[]> {
  const files = listPidFiles(dir);
  const reaped = await Promise.all(
    files.map(async (file) => {
      const path = join(dir, file);
      const orphan = readLiving(path);
      const name = file.slice(0, -'.pid'.length);
      if (orphan !== undefined) {
        log(`${name}: ending pid ${orphan.pid}, left behind by a killed supervisor`);
        await endGroup(orphan.pid, () => livingPid(path) === undefined, orphan.graceMs);
      }
      removePidFile(path);
      return orphan === undefined ? [] : [name];
    }),
  );
  await killUnrecorded(dir, log);
  return reaped.flat();
}

async function killUnrecorded(dir: string, log: (line: string) => void): Promise<void> {
  const left = () => pidsWithEnv(runDirKey, dir).filter((pid) => pid !== process.pid);
  for (const pid of left()) {
    log(`ending pid ${pid}, left behind without a pid file`);
    kill(pid);
  }
  await until(() => left().length === 0, 5_000);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended meanwhile.
  }
}

/** SIGTERM to the group, SIGKILL after `graceMs`; resolves to true when it had to be killed. */
export async function endGroup(pid: number, ended: () => boolean, graceMs: number): Promise<boolean> {
  signalGroup(pid, 'SIGTERM');
  signalGroup(pid, 'SIGCONT'); // a frozen process acts on SIGTERM only when it runs again
  if (await until(ended, graceMs)) {
    signalGroup(pid, 'SIGKILL'); // members that outlived their leader
    return false;
  }
  signalGroup(pid, 'SIGKILL');
  await until(ended, 5_000);
  return true;
}

async function until(condition: () => boolean, limitMs: number): Promise<boolean> {
  const end = performance.now() + limitMs;
  while (!condition()) {
    if (performance.now() > end) return false;
    await delay(20);
  }
  return true;
}

function listPidFiles(dir: string): string[] {
  try {
    return readdirSync(dir).filter((file) => file.endsWith('.pid'));
  } catch {
    return [];
  }
}
