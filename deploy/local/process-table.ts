import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';

const linux = process.platform === 'linux';

/**
 * When the process started, as text that no other process with this pid can have; undefined when there is none
 * (a zombie counts as none: in a container nobody may ever collect it).
 */
export function startOf(pid: number): string | undefined {
  if (!linux) return ps(pid, 'lstart') || undefined;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' '); // the name before may hold spaces
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : `${bootId()}-${fields[19]}`;
  } catch {
    return undefined;
  }
}

/** Command line of a process for people, shortened; '' when it cannot be read. */
export function commandOf(pid: number): string {
  try {
    const text = linux ? readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim() : ps(pid, 'command');
    return text.length > 160 ? `${text.slice(0, 157)}...` : text;
  } catch {
    return '';
  }
}

/** Signals the whole process group led by `pid`; false when it is gone. */
export function signalGroup(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(-pid, signal);
    return true;
  } catch {
    return false;
  }
}

/** Living processes of ours with this in their environment. Linux only; elsewhere none is found. */
export function pidsWithEnv(key: string, value: string): number[] {
  if (!linux) return [];
  const wanted = `${key}=${value}`;
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(wanted);
      } catch {
        return false; // it has ended, or is somebody else's
      }
    });
}

/** Undefined when the loopback port is free, else who holds it: `pid 123 (command)`. */
export async function holderOf(port: number): Promise<string | undefined> {
  if (await isFree(port)) return undefined;
  const pid = linux
    ? listenerPid(port)
    : Number(run('lsof', ['-nP', '-t', `-iTCP:${port}`, '-sTCP:LISTEN']).split('\n')[0]);
  return pid ? `pid ${pid} (${commandOf(pid)})` : 'a process of another user';
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

function listenerPid(port: number): number | undefined {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const sockets = new Set<string>();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of readOr(table, '').split('\n').slice(1)) {
      const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
      if (local?.endsWith(suffix) && state === '0A') sockets.add(`socket:[${inode}]`);
    }
  }
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      for (const fd of readdirSync(`/proc/${pid}/fd`)) {
        if (sockets.has(readlinkSync(`/proc/${pid}/fd/${fd}`))) return Number(pid);
      }
    } catch {
      continue; // ended meanwhile, or another user's
    }
  }
  return undefined;
}

let boot: string | undefined;
function bootId(): string {
  return (boot ??= readOr('/proc/sys/kernel/random/boot_id', 'boot').slice(0, 8));
}

function readOr(path: string, otherwise: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return otherwise;
  }
}

function ps(pid: number, column: string): string {
  return run('ps', ['-o', `${column}=`, '-p', String(pid)]);
}

function run(command: string, args: string[]): string {
  try {
    return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return '';
  }
}
