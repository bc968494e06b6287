import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

// The rules of eslint.config.mjs that are ours, each seen failing. Text stands in for a file that exists, because the
// rules that need types look at the project around it.

const root = fileURLToPath(new URL('../..', import.meta.url));

/** `rule: message` of everything eslint says about a source. */
async function lint(source: string): Promise<string[]> {
  const args = [
    'node_modules/.bin/eslint',
    '--format',
    'json',
    '--stdin',
    '--stdin-filename',
    'packages/runtime/src/clock.ts',
  ];
  const child = spawn(process.execPath, args, {
    cwd: root,
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { PATH: process.env.PATH },
  });
  child.stdin.end(source);
  const [output] = await Promise.all([text(child.stdout), once(child, 'close')]);
  const [result] = JSON.parse(output) as { messages: { ruleId: string; message: string }[] }[];
  return (result?.messages ?? []).map(({ ruleId, message }) => `${ruleId}: ${message}`);
}

const mistakes: readonly [name: string, source: string, expected: string][] = [
  [
    'kafkajs outside events',
    `import { Kafka } from 'kafkajs'; export const a = Kafka;`,
    'only packages/events knows kafkajs',
  ],
  [
    'mongoose outside mongo',
    `import type { Model } from 'mongoose'; export type B = Model<1>;`,
    'only packages/mongo knows mongoose',
  ],
  ['the driver anywhere', `export { ObjectId } from 'mongodb';`, '@portal/mongo exports'],
  [
    'jose outside authz',
    `import { jwtVerify } from 'jose'; export const c = jwtVerify;`,
    'only packages/authz knows jose',
  ],
  ['the environment outside config.ts', `export const d = process.env.HOME;`, 'read the environment in config.ts'],
  ['a default export', `export default 1;`, 'named exports only'],
  ['a wildcard export', `export * from './ids.ts';`, 'an index names what it exports'],
  ['inheritance', `class Base {} export class E extends Base {}`, 'none of them inherits'],
  ['a test left out', `declare const test: { only(): void }; test.only();`, 'a test runs or is deleted'],
  ['a forgotten promise', `Promise.resolve(1);`, '@typescript-eslint/no-floating-promises'],
  ['an unsafe value', `export const f: string = JSON.parse('1');`, '@typescript-eslint/no-unsafe-assignment'],
  ['output past the log', `console.log(1);`, 'no-console'],
  [
    'a forgotten case',
    `export const g = (x: 'a' | 'b'): void => { switch (x) { case 'a': return; } };`,
    'switch-exhaustiveness-check',
  ],
];

let found: string[] = [];
beforeAll(async () => {
  found = await lint(mistakes.map(([, source]) => source).join('\n'));
}, 60_000);

test.each(mistakes)('%s is caught', (_, __, expected) => {
  expect(found.filter((message) => message.includes(expected))).not.toEqual([]);
});
