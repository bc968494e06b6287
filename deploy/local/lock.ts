import { linkSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { livingPid, writePidFile } from './pid-file.ts';

/**
 * Takes the lock for this process: a pid file that appears whole or not at all. A holder that has ended has lost it.
 * Returns the release, or undefined while another process holds it.
 */
export function tryLock(path: string): (() => void) | undefined {
  mkdirSync(dirname(path), { recursive: true });
  const own = `${path}.${process.pid}`;
  writePidFile(own, process.pid);
  try {
    if (!link(own, path)) {
      if (livingPid(path) !== undefined) return undefined;
      const stale = `${own}.stale`;
      rename(path, stale);
      const foreign = livingPid(stale) !== undefined; // another process was quicker, and this is its fresh lock
      if (foreign) link(stale, path);
      rmSync(stale, { force: true });
      if (foreign || !link(own, path)) return undefined;
    }
    return () => {
      if (isOwn(path)) rmSync(path, { force: true });
    };
  } finally {
    rmSync(own, { force: true });
  }
}

/** Runs `work` under the lock, waiting for it as long as its holder lives; `onWait` is called once when it has to. */
export async function withLock<T>(path: string, onWait: () => void, work: () => Promise<T>): Promise<T> {
  let release = tryLock(path);
  if (release === undefined) onWait();
  while ((release ??= tryLock(path)) === undefined) await delay(200);
  try {
    return await work();
  } finally {
    release();
  }
}

function isOwn(path: string): boolean {
  try {
    return (JSON.parse(readFileSync(path, 'utf8')) as { pid: number }).pid === process.pid;
  } catch {
    return false;
  }
}

function link(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function rename(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
