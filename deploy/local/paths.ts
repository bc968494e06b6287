import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export const root = resolve(import.meta.dirname, '../..');
export const cacheDir = join(root, '.cache');
/** Holds the folders of all stacks: `PORTAL_LOCAL_DIR`, else `.local` of this checkout. */
export const localDir = resolve(root, process.env['PORTAL_LOCAL_DIR'] || '.local');
/** The folder of the development stack. */
export const devDir = join(localDir, 'dev');
/** Tells the folders of stacks in `localDir` from whatever else lies there. */
export const isStackName = (name: string): boolean => /^(dev|test-\d+)$/.test(name);

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
