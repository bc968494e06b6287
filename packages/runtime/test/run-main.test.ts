import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { eventually } from './support.ts';
import type { LogLine } from './support.ts';

const fixture = fileURLToPath(new URL('./fixtures/main.ts', import.meta.url));

function run(mode: string) {
  const child = spawn(process.execPath, [fixture], {
    env: { MODE: mode, PATH: process.env.PATH },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (data: Buffer) => (output += data.toString()));
  child.stderr.on('data', (data: Buffer) => (output += data.toString()));
  const ended = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  return {
    child,
    ended,
    lines: () =>
      output
        .trim()
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as LogLine),
  };
}

async function untilReady({ lines }: ReturnType<typeof run>): Promise<void> {
  await eventually(() => {
    expect(lines().map((line) => line.msg)).toContain('ready');
  }, 15_000);
}

test.each(['SIGTERM', 'SIGINT'] as const)('%s stops the service and the process ends well', async (signal) => {
  const main = run('');
  await untilReady(main);
  main.child.kill(signal);
  expect(await main.ended).toEqual([0, null]);
  expect(main.lines().map((line) => line.msg)).toEqual(['ready', 'stopping', 'not ready', 'stopped']);
});

test('a second signal ends a process that hangs while stopping', async () => {
  const main = run('hang');
  await untilReady(main);
  main.child.kill('SIGTERM');
  await eventually(() => {
    expect(main.lines().map((line) => line.msg)).toContain('stopping');
  });
  main.child.kill('SIGTERM');
  expect(await main.ended).toEqual([1, null]);
});

test.each([
  ['config', 'could not start', 'configuration: MONGO_URL is missing'],
  ['start', 'could not start', 'no server'],
  ['throw', 'uncaught exception', 'out of the blue'],
  ['reject', 'unhandled rejection', 'forgotten'],
])('%s: a fault ends the process with 1 after one fatal line', async (mode, message, cause) => {
  const main = run(mode);
  expect(await main.ended).toEqual([1, null]);
  const fatal = main.lines().filter((line) => line.level === 'fatal');
  expect(fatal).toEqual([expect.objectContaining({ msg: message, service: 'fixture' })]);
  expect(fatal[0]?.err).toMatchObject({ message: cause });
});
