// The development stack: `node cli.ts up|down|status|logs|restart|clean [process…]`, called by the Makefile.
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { readStatus, requestRestart, type StackStatus } from './control.ts';
import { devDir as dir, isStackName, localDir, stackPaths } from './paths.ts';
import { demoPeople } from './people.ts';
import { reapOrphans } from './pid-file.ts';
import { basePortFromEnv, portsOf } from './ports.ts';
import type { ProcessStatus } from './process-spec.ts';
import { endRunningCommands } from './run-command.ts';
import { loadSecrets } from './secrets.ts';
import { install, servers } from './servers.ts';
import { launchSupervisor, stopStack, supervisorPid, waitUntilReady, wipe } from './stack.ts';
import { urlsOf } from './urls.ts';

const paths = stackPaths(dir);
const print = (line: string) => process.stdout.write(`${line}\n`);
process.stdout.on('error', () => process.exit()); // `make status | head` closes the pipe early
const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;

const commands: Record<string, (names: string[]) => Promise<void>> = { up, down, status, logs, restart, clean };

async function up(): Promise<void> {
  let supervisor: ChildProcess | undefined;
  const interrupted = onInterrupt(async () => {
    if (supervisor === undefined) return endRunningCommands(); // still installing, or another `make up` started it
    print('\nstopping');
    supervisor.kill('SIGTERM');
    while (supervisorPid(dir) !== undefined) await delay(50);
  });
  try {
    if ((await readStatus(paths.socket))?.phase === 'ready') {
      print('already up');
      await status();
      return;
    }
    const begun = performance.now();
    if (supervisorPid(dir) === undefined) {
      const base = basePortFromEnv();
      await install((line) => print(`  ${line}`));
      interrupted.throwIfAborted();
      const names = servers.map(({ name }) => name);
      supervisor = launchSupervisor({ base, dir, servers: names, services: true }, false);
    }
    const shown = new Set<string>();
    const { base } = await waitUntilReady(dir, supervisor, ({ processes }) => showProgress(processes, shown));
    interrupted.throwIfAborted();
    print(`\nup after ${seconds(performance.now() - begun)}`);
    printAddresses(base);
  } catch (error) {
    if (!interrupted.aborted) throw error;
  }
}

/** At the first Ctrl-C the returned signal is aborted, `stop` is run once, and this process ends. */
function onInterrupt(stop: () => Promise<void>): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (controller.signal.aborted) return;
      controller.abort();
      void stop().finally(() => process.exit(130));
    });
  }
  return controller.signal;
}

function showProgress(processes: readonly ProcessStatus[], shown: Set<string>): void {
  for (const { name, kind, state, readyMs = 0, address } of processes) {
    if (shown.has(name) || (state !== 'ready' && state !== 'done')) continue;
    shown.add(name);
    print(
      `  ${name.padEnd(10)} ${kind === 'task' ? 'done ' : 'ready'} in ${seconds(readyMs).padStart(6)}   ${address}`,
    );
  }
}

function printAddresses(base: number): void {
  const { admin, keycloak } = urlsOf(portsOf(base));
  const { demoPassword } = loadSecrets(dir);
  print(`
  a school's site  http://thbinhkhanh.cangio.hcm.localhost:${base}
  REST API         ${admin}/api/v1
  Keycloak         ${keycloak}/admin (admin, password in ${paths.secrets})

  demo sign-ins    password ${demoPassword}
                   access token with second factor: make token AS=<name>`);
  for (const { username, task } of demoPeople) print(`    ${username.padEnd(24)} ${task}`);
}

async function down(): Promise<void> {
  const running = supervisorPid(dir) !== undefined;
  const killed = await stopStack(dir);
  const reaped = await reapOrphans(paths.run, print);
  for (const name of killed) print(`${name} did not end in time and was killed`);
  print(running || reaped.length > 0 ? 'down' : 'nothing was running');
}

async function status(): Promise<void> {
  const stack = await readStatus(paths.socket);
  if (stack === undefined) {
    print('down');
    process.exitCode = 1;
    return;
  }
  for (const found of stack.processes) print(`  ${describe(found)}`);
  if (stack.phase === 'ready') printAddresses(stack.base);
  else print(stack.phase);
}

function describe({ name, state, pid, readyMs, restarts, lastExit, address }: ProcessStatus): string {
  const columns = [name.padEnd(10), state.padEnd(11), String(pid ?? '').padStart(7), ' ', address.padEnd(28)];
  if (readyMs !== undefined) columns.push(`in ${seconds(readyMs)}`);
  if (restarts > 0) columns.push(`restarts ${restarts}`);
  if (lastExit !== undefined && state !== 'done') columns.push(`last ended by ${lastExit}`);
  return columns.join(' ').trimEnd();
}

async function restart(names: string[]): Promise<void> {
  const stack = await requireStack();
  const services = stack.processes.filter(({ kind }) => kind === 'service').map(({ name }) => name);
  for (const name of names.length > 0 ? names : services) {
    await requestRestart(paths.socket, name);
    print(`  ${name} ready`);
  }
}

async function requireStack(): Promise<StackStatus> {
  const stack = await readStatus(paths.socket);
  if (stack === undefined) throw new Error('the stack is down: make up');
  return stack;
}

async function logs(names: string[]): Promise<void> {
  const files = existsSync(paths.logs) ? readdirSync(paths.logs).filter((file) => file.endsWith('.log')) : [];
  const chosen = files.filter((file) => names.length === 0 || names.includes(file.slice(0, -'.log'.length)));
  if (chosen.length === 0) throw new Error(`no such log; there are: ${files.join(', ')}`);
  const tail = spawn('tail', ['-n', '50', '-F', ...chosen], { cwd: paths.logs, stdio: 'inherit' });
  await new Promise((resolve) => tail.once('exit', resolve));
}

/** Wipes the data of every stack but those that a test run is using; the cache of downloads stays. */
async function clean(): Promise<void> {
  await stopStack(dir);
  for (const name of existsSync(localDir) ? readdirSync(localDir).filter(isStackName) : []) {
    const stack = join(localDir, name);
    if (supervisorPid(stack) === undefined) await wipe(stack, print);
    else print(`${name} is running and was left`);
  }
  if (existsSync(localDir) && readdirSync(localDir).length === 0) rmSync(localDir, { recursive: true });
  print('clean');
}

const [, , name = '', ...rest] = process.argv;
const command = commands[name];
if (command === undefined) {
  print(`usage: cli.ts ${Object.keys(commands).join('|')} [process…]`);
  process.exitCode = 2;
} else {
  try {
    await command(rest);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}
