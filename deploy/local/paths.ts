import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export const root = resolve(import.meta.dirname, '../..');
export const cacheDir = join(root, '.cache');
export const localDir = join(root, '.local');

/** The folders of one stack: everything it writes lies under `dir`. */
export interface StackPaths {
  dir: string;
  data: string;
  logs: string;
  run: string;
  secrets: string;
  socket: string;
}

export function stackPaths(dir: string): StackPaths {
  return {
    dir,
    data: join(dir, 'data'),
    logs: join(dir, 'logs'),
    run: join(dir, 'run'),
    secrets: join(dir, 'secrets.json'),
    socket: socketPath(join(dir, 'control.sock')),
  };
}

/** The kernel takes at most 104 (macOS) or 108 bytes; a deep checkout gets its socket in the temporary folder. */
function socketPath(path: string): string {
  if (Buffer.byteLength(path) < 100) return path;
  return join(tmpdir(), `portal-${createHash('sha256').update(path).digest('hex').slice(0, 16)}.sock`);
}
