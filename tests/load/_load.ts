import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';

const run = promisify(execFile);
const autocannon = createRequire(import.meta.url).resolve('autocannon/autocannon.js');

export interface Target {
  port: number;
  /** Of the process that answers. */
  pid: number;
  host: string;
}

export interface LoadResult {
  requests: number;
  perSecond: number;
  /** Requests per second of the server's own CPU time: what other processes on the machine do hardly touches it. */
  perCpuSecond: number;
  p99Ms: number;
}

/** Loads a page from a process of its own. Throws an Error when an answer was not 2xx. */
export async function load(target: Target, path: string, options: { connections: number; seconds: number }) {
  const { port, pid, host } = target;
  const args = ['--json', '-c', String(options.connections), '-d', String(options.seconds)];
  const headers = ['-H', `Host: ${host}`, '-H', 'Accept-Encoding: gzip'];
  const cpuBefore = cpuSecondsOf(pid);
  const { stdout } = await run(process.execPath, [autocannon, ...args, ...headers, `http://127.0.0.1:${port}${path}`]);
  const cpuSeconds = cpuSecondsOf(pid) - cpuBefore;
  const result = JSON.parse(stdout) as {
    '2xx': number;
    non2xx: number;
    errors: number;
    duration: number;
    latency: { p99: number };
  };
  if (result.non2xx + result.errors > 0) throw new Error(`${result.non2xx} refused, ${result.errors} failed: ${path}`);
  return resultOf(result['2xx'], result.duration, cpuSeconds, result.latency.p99);
}

export function resultOf(requests: number, seconds: number, cpuSeconds: number, p99Ms: number): LoadResult {
  return { requests, perSecond: requests / seconds, perCpuSecond: requests / cpuSeconds, p99Ms };
}

/** CPU time of a process so far, from Linux's clock ticks of 10 ms. */
export function cpuSecondsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name of the program, in brackets, may hold spaces.
  const [, , , , , , , , , , , user = '0', system = '0'] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(user) + Number(system)) / 100;
}

export interface Child {
  pid: number;
  stop(): Promise<void>;
}

/** Starts a Node program; its output goes where `output` says. It ends with this process. */
export function startNode(args: readonly string[], env: NodeJS.ProcessEnv, output: 'ignore' | number): Child {
  const child: ChildProcess = spawn(process.execPath, args, { env, stdio: ['ignore', output, 'inherit'] });
  const { pid } = child;
  if (pid === undefined) throw new Error(`could not start ${args.join(' ')}`);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  return {
    pid,
    async stop() {
      child.kill('SIGTERM');
      await ended;
      process.off('exit', kill);
    },
  };
}
